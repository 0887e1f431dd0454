// keystore/unsigned_certificate.h: an X.509 certificate that lacks nothing but its signature.
//
// Not for use outside of keystore/: who can have one signed is its maker alone.
#pragma once

#include <memory>

#include "core/bytes.h"
#include "core/result.h"
#include "keystore/public_key.h"

struct x509_st;

namespace certbroker::keystore {

class UnsignedCertificate {
 public:
  // `fields`: all but the signature's algorithm, which is that of the issuer's key.
  UnsignedCertificate(std::shared_ptr<x509_st> fields, PublicKey issuer);

  // TBSCertificate (RFC 5280 §4.1.1.1) in DER: DigestFor the issuer's kind of this is signed.
  const Bytes& ToBeSigned() const { return to_be_signed_; }
  // The certificate in DER. `signature`: as SignDigestChecked gives it. kInternal: what came out
  // does not verify under the issuer's key; nobody has seen it.
  Result<Bytes> WithSignature(ByteView signature) &&;

 private:
  std::shared_ptr<x509_st> fields_;
  PublicKey issuer_;
  Bytes to_be_signed_;
};

}  // namespace certbroker::keystore
