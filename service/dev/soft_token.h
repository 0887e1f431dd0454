// service/dev/soft_token.h: a private SoftHSM2 token: its configuration, its PINs, its read-only
// store.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/random.h"
#include "core/result.h"

namespace certbroker::dev {

struct SoftToken {
  std::filesystem::path module;
  std::filesystem::path configuration;  // what SOFTHSM2_CONF has to name
  std::filesystem::path store;          // the folder that holds the tokens
  std::filesystem::path pin_file;       // mode 0400, as the next
  std::filesystem::path so_pin_file;
  std::string label;
};

// Writes the configuration and two random PINs (26 characters, 130 bits) into `directory`, which
// exists and is empty. The token itself is made by `certbroker keystore provision`. kConfigInvalid
// when SoftHSM2's module is not installed.
Result<SoftToken> PrepareSoftToken(const std::filesystem::path& directory, Random& random);

// After provisioning: nobody writes to the store any more, not even its owner (files 0444, folders
// 0555). SoftHSM rewrites a writable store at every login and destroys it when it is killed then.
Result<void> SealSoftToken(const SoftToken& token);

// The PKCS#11 URI (RFC 7512) of the private key with that label.
std::string KeyUri(const SoftToken& token, std::string_view key_label);

}  // namespace certbroker::dev
