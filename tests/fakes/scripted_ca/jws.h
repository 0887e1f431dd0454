// tests/fakes/scripted_ca/jws.h: flattened JWS as ACME uses it (RFC 7515 §7.2.2, RFC 8555 §6.2).
#pragma once

#include <string>
#include <string_view>

#include "tests/fakes/scripted_ca/jwk.h"
#include "tests/fakes/scripted_ca/problem.h"

namespace certbroker::scripted_ca {

struct Jws {
  Json header;  // the protected one
  std::string algorithm;
  std::string payload;  // decoded; empty for POST-as-GET
  std::string signing_input;
  Bytes signature;
};

// malformed: not a flattened JWS with one signature and no unprotected header, base64url with
// padding, "crit" or "b64" in the header.
Outcome<Jws> ParseJws(std::string_view body);
Outcome<Jws> JwsFromJson(const Json& json);

// Whether `key` made the signature, with the one algorithm that goes with it.
bool VerifySignature(const Jws& jws, const PublicJwk& key);
// The same for HS256, HS384 and HS512.
bool VerifyMac(const Jws& jws, ByteView secret);

}  // namespace certbroker::scripted_ca
