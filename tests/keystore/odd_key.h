// tests/keystore/odd_key.h: the keys of an OddModule, as PKCS#11 shows and uses them.
#pragma once

#include <memory>

#include "core/bytes.h"

struct evp_pkey_st;

namespace certbroker::keystore {

// Signing is thread-safe.
class OddKey {
 public:
  // One per size and process: they take a second to make. One thread.
  static std::shared_ptr<OddKey> Rsa(unsigned long bits);
  static std::shared_ptr<OddKey> Ec(const Bytes& curve_oid);  // P-256 or P-384
  static std::shared_ptr<OddKey> P256();

  bool rsa() const { return curve_oid_.empty(); }
  const Bytes& CurveOid() const { return curve_oid_; }
  Bytes Modulus() const;
  Bytes Point() const;  // bare, as some tokens give it
  // CKM_ECDSA: r‖s. CKM_RSA_PKCS: over a DigestInfo.
  Bytes Sign(ByteView input) const;

 private:
  OddKey(evp_pkey_st* key, Bytes curve_oid);
  std::shared_ptr<evp_pkey_st> key_;
  Bytes curve_oid_;
};

}  // namespace certbroker::keystore
