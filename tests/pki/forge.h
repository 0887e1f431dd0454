// tests/pki/forge.h: makes any CSR and certificate, wrong ones above all. For tests only.
//
// A recipe's defaults are right in every respect; a test changes the one thing it is about.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "core/bytes.h"
#include "core/time.h"

namespace certbroker::forge {

// A key pair. The same for all copies.
class Key {
 public:
  static Key Ec(const char* curve = "P-256");
  static Key Rsa(unsigned bits);

  EVP_PKEY* get() const { return key_.get(); }
  Bytes SpkiDer() const;

 private:
  explicit Key(EVP_PKEY* key) : key_(key, EVP_PKEY_free) {}
  std::shared_ptr<EVP_PKEY> key_;
};

// In the words of openssl.cnf: {"subjectAltName", "DNS:a.example"}, {"1.2.3.4", "DER:0500"},
// {"keyUsage", "critical,digitalSignature"}.
struct Extension {
  std::string name;
  std::string value;
};
// {"CN", "www.example.com"}.
using NameParts = std::vector<std::pair<std::string, std::string>>;

struct CsrRecipe {
  NameParts subject = {};
  std::vector<Extension> extensions{{"subjectAltName", "DNS:www.example.com,DNS:example.com"}};
  const EVP_MD* digest = EVP_sha256();
  std::function<void(X509_REQ*)> before_signing = nullptr;
};
Bytes MakeCsr(const Key& key, const CsrRecipe& recipe);
// A right CSR with these DNS names.
Bytes MakeCsr(const Key& key, const std::vector<std::string>& names);

struct CertificateRecipe {
  NameParts subject{{"CN", "www.example.com"}};
  NameParts issuer{{"CN", "Intermediate"}};
  std::vector<Extension> extensions{{"basicConstraints", "critical,CA:FALSE"},
                                    {"keyUsage", "critical,digitalSignature"},
                                    {"extendedKeyUsage", "serverAuth"},
                                    {"subjectAltName", "DNS:www.example.com,DNS:example.com"}};
  Time not_before = {};
  Time not_after = {};
  std::string serial_hex = "0102";
  const EVP_MD* digest = EVP_sha256();
};
Bytes MakeCertificate(const CertificateRecipe& recipe, const Key& subject, const Key& signer);
// The extensions of a CA.
std::vector<Extension> CaExtensions();

// One DER value: tag, length, content. Lengths are minimal.
Bytes Der(std::uint8_t tag, const std::vector<Bytes>& contents);

// A PEM block with any label.
std::string Pem(std::string_view label, ByteView der);

// A file under tests/testdata/, whole.
std::string ReadTestdata(std::string_view path);

}  // namespace certbroker::forge
