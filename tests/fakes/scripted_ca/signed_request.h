// tests/fakes/scripted_ca/signed_request.h: checks a POST as RFC 8555 §6.2 to §6.5 wants it.
#pragma once

#include "tests/fakes/scripted_ca/ca.h"
#include "tests/fakes/scripted_ca/jws.h"

namespace certbroker::scripted_ca {

struct SignedRequest {
  Endpoint endpoint = Endpoint::kUnknown;
  Route route;
  std::string url;          // as it was asked for
  std::string address;      // of the client
  Flaw flaw = Flaw::kNone;  // that a script wants in what this request makes
  PublicJwkPtr key;         // that signed
  Id account = 0;           // of "kid"; 0: signed by a key in "jwk"
  Jws jws;
  Json payload;  // null for POST-as-GET; an object otherwise

  bool is_get() const { return jws.payload.empty(); }
};

// Takes the nonce. Writes what it read into `seen`, refused or not.
//
// badNonce, badSignatureAlgorithm (with "algorithms"), unauthorized (url, signature, account),
// accountDoesNotExist, badPublicKey, malformed.
Outcome<SignedRequest> CheckSigned(Ca& ca, const Request& request, const Route& route,
                                   SeenRequest& seen);

}  // namespace certbroker::scripted_ca
