// keystore/public_key.h: the public half of a key in a token, as the rest of certbroker needs it.
// It is what pins a key: handles and ids can come to name another one.
#pragma once

#include <memory>
#include <string>

#include "core/bytes.h"
#include "core/jws.h"
#include "core/result.h"
#include "keystore/key_kind.h"

struct evp_pkey_st;

namespace certbroker::keystore {

// Immutable; copies share one OpenSSL key, which many threads may use.
class PublicKey {
 public:
  // CKA_EC_POINT: PKCS#11 wants a DER OCTET STRING around the uncompressed point (SEC 1 §2.3.3);
  // several tokens give the bare point. Its length says which curve. kHsmKeyRefused: neither, or
  // not on P-256 or P-384.
  static Result<PublicKey> FromEcPoint(ByteView ec_point);
  // CKA_MODULUS and CKA_PUBLIC_EXPONENT, big-endian. kHsmKeyRefused: not 2048 or 3072 bits, or
  // another exponent than 65537.
  static Result<PublicKey> FromRsa(ByteView modulus, ByteView exponent);

  KeyKind kind() const { return kind_; }
  const Jwk& jwk() const { return jwk_; }
  const std::string& thumbprint() const { return thumbprint_; }  // RFC 7638, SHA-256, base64url

  // For OpenSSL's functions, as long as this lives; not to be changed.
  evp_pkey_st* openssl() const { return key_.get(); }

  // Whether `signature` was made with the private half over `digest`, which is DigestFor(kind()):
  // ES256, ES384: r‖s (RFC 7518 §3.4); RS256: RSASSA-PKCS1-v1_5 (§3.3).
  bool Verifies(ByteView digest, ByteView signature) const;

  friend bool operator==(const PublicKey& a, const PublicKey& b) { return a.jwk_ == b.jwk_; }

 private:
  PublicKey(KeyKind kind, std::shared_ptr<evp_pkey_st> key, Jwk jwk);

  KeyKind kind_;
  std::shared_ptr<evp_pkey_st> key_;
  Jwk jwk_;
  std::string thumbprint_;
};

}  // namespace certbroker::keystore
