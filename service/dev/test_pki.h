// service/dev/test_pki.h: the certificates of a development stack: throw-away P-256 keys in files,
// thirty days. Never for production; the file names and common names say so.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <openssl/types.h>

#include "core/clock.h"
#include "core/random.h"
#include "core/result.h"

namespace certbroker::dev {

// Paths of a certificate and its key, both PEM; the key has mode 0600.
struct KeyPairFiles {
  std::filesystem::path certificate;
  std::filesystem::path key;
};

struct OpenSslDeleter {
  void operator()(EVP_PKEY* key) const;
  void operator()(X509* certificate) const;
};

// A certificate authority of the stack's own. Move-only. Not thread-safe.
class TestCa {
 public:
  // Makes a key and a self-signed certificate, and writes the certificate (not the key: it stays in
  // memory and dies with the stack) to `certificate`. References are kept.
  static Result<TestCa> Make(const std::string& common_name,
                             const std::filesystem::path& certificate, Clock& clock,
                             Random& random);

  const std::filesystem::path& certificate() const { return certificate_file_; }

  // A TLS server on this machine: localhost, 127.0.0.1 and ::1. Writes stem.pem and stem.key.
  Result<KeyPairFiles> IssueServer(const std::filesystem::path& stem);
  // An agent: exactly one URI subject alternative name, for TLS clients only.
  Result<KeyPairFiles> IssueClient(const std::filesystem::path& stem, const std::string& uri);

 private:
  struct Profile {
    std::string common_name;
    std::string extended_key_usage;
    std::string alternative_names;  // in OpenSSL's notation: "URI:spiffe://…"
  };

  TestCa(Clock& clock, Random& random) : clock_(&clock), random_(&random) {}
  Result<KeyPairFiles> Issue(const std::filesystem::path& stem, const Profile& profile);

  Clock* clock_;
  Random* random_;
  std::filesystem::path certificate_file_;
  std::unique_ptr<EVP_PKEY, OpenSslDeleter> key_;
  std::unique_ptr<X509, OpenSslDeleter> self_;
};

}  // namespace certbroker::dev
