// tests/service/policy/made_certificate.h: client certificates for tests, good and odd.
#pragma once

#include <string>
#include <vector>

namespace certbroker::policy {

struct CertificateRecipe {
  // Octets of subjectAltName entries, as they are: NUL, spaces and everything else included.
  std::vector<std::string> uris;
  std::vector<std::string> dns_names = {};
  std::vector<std::string> emails = {};
  std::string common_name = {};
  std::string extended_key_usage = "clientAuth";        // openssl's words; empty: no extension
  std::string basic_constraints = "critical,CA:FALSE";  // likewise
};

// Self-signed PEM; nobody here looks at the signature.
std::string MadeCertificate(const CertificateRecipe& recipe);

}  // namespace certbroker::policy
