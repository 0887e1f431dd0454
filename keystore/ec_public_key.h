// keystore/ec_public_key.h: the public half of a P-256 key in a token, as the rest of certbroker
// needs it. It is what pins a key: handles and ids can come to name another one.
#pragma once

#include <memory>
#include <string>

#include "core/bytes.h"
#include "core/jws.h"
#include "core/result.h"

struct evp_pkey_st;

namespace certbroker::keystore {

// Immutable; copies share one OpenSSL key, which many threads may use.
class EcPublicKey {
 public:
  // CKA_EC_POINT: PKCS#11 wants a DER OCTET STRING around the uncompressed point (SEC 1 §2.3.3);
  // several tokens give the bare point. kHsmKeyRefused: neither, or not on the curve.
  static Result<EcPublicKey> FromEcPoint(ByteView ec_point);

  const Jwk& jwk() const { return jwk_; }
  const std::string& thumbprint() const { return thumbprint_; }  // RFC 7638, SHA-256, base64url

  // Whether `signature` (r‖s, 64 octets) over the SHA-256 `digest` was made with the private half.
  bool Verifies(ByteView digest, ByteView signature) const;

  friend bool operator==(const EcPublicKey& a, const EcPublicKey& b) { return a.jwk_ == b.jwk_; }

 private:
  EcPublicKey(std::shared_ptr<evp_pkey_st> key, Jwk jwk);

  std::shared_ptr<evp_pkey_st> key_;
  Jwk jwk_;
  std::string thumbprint_;
};

// SHA-256, in software.
Bytes Sha256(ByteView data);

}  // namespace certbroker::keystore
