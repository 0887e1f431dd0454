// acme/solvers/tsig.h: transaction signatures (RFC 8945): who may change a zone.
//
// Made with OpenSSL on the octets of the message, not with ldns: ldns 1.8 (Debian 12) cannot do
// hmac-sha384, because it spells the name wrong, and leaves the times of an answer unchecked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/bytes.h"
#include "core/result.h"
#include "core/secret.h"
#include "core/time.h"

namespace certbroker::acme {

enum class TsigAlgorithm { kHmacSha256, kHmacSha384, kHmacSha512 };
// TOML "tsig_algorithm": "hmac-sha256", "hmac-sha384", "hmac-sha512".
std::optional<TsigAlgorithm> TsigAlgorithmFromName(std::string_view name);
std::string_view NameOf(TsigAlgorithm algorithm);

struct TsigKey {
  std::string name;  // as the server knows it
  TsigAlgorithm algorithm = TsigAlgorithm::kHmacSha256;
  Secret secret;  // the octets, decoded
};

// The octets behind base64 as tsig-keygen prints it; white space around it is left out.
// kConfigInvalid, which never quotes it.
Result<Secret> DecodeTsigSecret(std::string_view base64);

struct SignedMessage {
  Bytes octets;
  Bytes mac;  // what the answer's signature covers too
};
// `message` with a signature of that time at its end; its time may differ from the server's by 5
// minutes.
SignedMessage SignMessage(ByteView message, const TsigKey& key, Time now);

// RFC 8945 §3, TSIG error codes.
inline constexpr int kBadSig = 16;
inline constexpr int kBadKey = 17;
inline constexpr int kBadTime = 18;
inline constexpr int kBadTrunc = 22;

// What the end of an answer says.
struct TsigFinding {
  bool is_signed = false;  // with our key, over this answer to our request, at about this time
  int error = 0;           // the server's complaint; not to be relied upon unless is_signed
  std::string problem;     // why it is not signed, for people
};
TsigFinding VerifyReply(ByteView reply, const SignedMessage& request, const TsigKey& key, Time now);

}  // namespace certbroker::acme
