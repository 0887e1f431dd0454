// pki/trust_anchors.h: the roots up to which an issuer's chains must lead.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "pki/certificate.h"

struct x509_store_st;  // OpenSSL's X509_STORE

namespace certbroker::pki {

// Immutable; copies share one store, and any number of threads may verify against it.
class TrustAnchors {
 public:
  // `pem`: a bundle from the operator's disk, such as a CA's root or /etc/ssl/certs/
  // ca-certificates.crt: text between the blocks is fine there. Every certificate in it is an
  // anchor, a cross-signed or intermediate one too: whoever configures it means it.
  //
  // kConfigInvalid: no certificate, one that does not decode or is no CA, or another block (a
  // private key has no place there).
  static Result<TrustAnchors> Parse(std::string_view pem);

  // Those of a list, which may be empty: nothing leads to them then. kInvalidArgument: one is no
  // CA.
  static Result<TrustAnchors> Of(const std::vector<Certificate>& certificates);

  const std::vector<Certificate>& certificates() const { return certificates_; }
  // For OpenSSL's verification, which locks it by itself.
  x509_store_st* store() const { return store_.get(); }

 private:
  TrustAnchors();
  // False: it is no CA's.
  bool Add(const Certificate& certificate);

  std::vector<Certificate> certificates_;
  std::shared_ptr<x509_store_st> store_;
};

}  // namespace certbroker::pki
