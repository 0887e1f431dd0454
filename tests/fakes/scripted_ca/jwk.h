// tests/fakes/scripted_ca/jwk.h: the public keys that clients sign with (RFC 7517, RFC 7638).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/evp.h>

#include "core/bytes.h"
#include "tests/fakes/scripted_ca/problem.h"

namespace certbroker::scripted_ca {

// Immutable; safe to share between threads.
struct PublicJwk {
  std::shared_ptr<EVP_PKEY> key;
  std::string algorithm;   // the one "alg" that goes with it: ES256, ES384, RS256
  std::string thumbprint;  // base64url of SHA-256, RFC 7638
  std::size_t half = 0;    // octets of r and of s; 0 for RSA
};
using PublicJwkPtr = std::shared_ptr<const PublicJwk>;

// badPublicKey for curves, sizes and points that the CA does not take; malformed for no key at all.
Outcome<PublicJwkPtr> ParseJwk(const Json& json);

// `curve`: "P-256" or "P-384"; `point`: uncompressed. nullptr: it is not on the curve.
std::shared_ptr<EVP_PKEY> MakeEcKey(const char* curve, ByteView point);

// Whether both are the same key.
bool SameKey(const PublicJwk& jwk, const EVP_PKEY* key);

Bytes Sha256(std::string_view text);

}  // namespace certbroker::scripted_ca
