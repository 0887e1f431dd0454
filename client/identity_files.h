// client/identity_files.h: the files that say who we are and whom we believe.
#pragma once

#include <filesystem>
#include <string>

#include "core/result.h"
#include "core/secret.h"

namespace certbroker::client {

// PEM files. `ca`: what the service's certificate ends in; no other root is trusted. `identity`:
// the client's certificate, leaf first, then intermediates. `identity_key`: its private key,
// unencrypted; empty: it stands in `identity` too, so that both change at once.
struct IdentityFiles {
  std::filesystem::path ca = {};
  std::filesystem::path identity = {};
  std::filesystem::path identity_key = {};
};

struct Identity {
  std::string ca_pem = {};
  std::string chain_pem = {};
  Secret key_pem = {};
};

enum class Dates {
  kChecked,
  kIgnored,  // to renew an identity that has expired
};

// kFileUnusable, naming the file: it cannot be read, holds something else, the key is not the
// certificate's, or the certificate has expired. gRPC would say nothing but that there is no
// connection.
Result<Identity> ReadIdentity(const IdentityFiles& files, Dates dates = Dates::kChecked);

}  // namespace certbroker::client
