// tests/support/jws_verifier.h: reads and verifies a JWS with nothing of certbroker's own, the way
// a CA would.
#pragma once

#include <string>

#include "core/bytes.h"
#include "core/jws.h"

namespace certbroker {

struct ReceivedJws {
  std::string protected_header;  // decoded JSON
  std::string payload;           // decoded
  Bytes signature;               // decoded
  std::string signing_input;     // RFC 7515 §5.1
};

// Ends the test program on anything that is not a flattened JWS of base64url members.
ReceivedJws ReceiveJws(const std::string& body);

// ES256, ES384 (RFC 7518 §3.4) or RS256 (§3.3), as the JWK says, by OpenSSL.
bool VerifiesUnder(const ReceivedJws& jws, const Jwk& jwk);

}  // namespace certbroker
