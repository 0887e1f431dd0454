// core/ports/signer.h: an account key that can sign, wherever it lives.
#pragma once

#include <string>

#include "core/clock.h"
#include "core/jws.h"
#include "core/result.h"

namespace certbroker {

// Thread-safe: any number of threads sign at once. One Signer is one key.
class Signer {
 public:
  virtual ~Signer() = default;

  // Builds the JWS, signs it with the key and returns the body to send (flattened JSON
  // serialisation, RFC 7515 §7.2.2). Blocks for one HSM round trip, never past `deadline`; so never
  // call it from a gRPC reaction or the HTTP loop.
  //
  // Errors: kHsmUnavailable (token gone, no session in time; come back later) · kHsmKeyMissing,
  // kHsmKeyRefused (an operator must look) · kHsmPinRefused · kCaBadAnswer (the URL is not on the
  // allow-list of this key's issuer: nothing was signed).
  virtual Result<std::string> Sign(const JwsInput& input, SteadyTime deadline) = 0;

  virtual const Jwk& public_key() const = 0;
};

}  // namespace certbroker
