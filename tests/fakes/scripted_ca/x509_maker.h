// tests/fakes/scripted_ca/x509_maker.h: makes and signs X.509 certificates, good ones and bad ones.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "core/bytes.h"
#include "core/time.h"
#include "tests/fakes/scripted_ca/identifier.h"

namespace certbroker::scripted_ca {

using X509Ptr = std::shared_ptr<X509>;
using KeyPtr = std::shared_ptr<EVP_PKEY>;

KeyPtr MakeKey();  // P-256

struct CertificateSpec {
  std::string common_name;  // empty: no subject
  Bytes serial;
  Time not_before;
  Time not_after;
  EVP_PKEY* key = nullptr;
  ByteView key_info;       // its SubjectPublicKeyInfo, where it is at hand: copied, not encoded
  X509* issuer = nullptr;  // nullptr: signs itself
  EVP_PKEY* issuer_key = nullptr;
  bool ca = false;
  std::vector<Identifier> names;  // of a leaf
};
X509Ptr MakeCertificate(const CertificateSpec& spec);

std::string ToPem(X509* certificate);
std::string ToPem(EVP_PKEY* key);
Bytes ToDer(X509* certificate);

// base64url(AKI) "." base64url(serial), RFC 9773 §4.1.
std::string RenewalId(const X509* certificate);

}  // namespace certbroker::scripted_ca
