// core/checkpoint.h: a signed statement of how far the ledger of key uses had come, so that nobody
// who can write to the database can write its past anew.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/bytes.h"
#include "core/jws.h"
#include "core/time.h"

namespace certbroker {

struct Checkpoint {
  std::int64_t number = 0;  // of the ledger's last record
  Bytes sha256;             // its hash
  Time create_time;         // the database's
};

inline constexpr std::string_view kCheckpointType = "certbroker-checkpoint";

// A compact JWS (RFC 7515 §3.1) in the making: header {"alg","jwk","typ"}, payload
// {"number","sha256" (hex),"time" (RFC 3339)}. It has neither "url" nor "nonce", so no CA takes it
// for a request (RFC 8555 §6.2).
class UnsignedCheckpoint {
 public:
  UnsignedCheckpoint(const Checkpoint& checkpoint, const Jwk& key);
  const std::string& SigningInput() const { return signing_input_; }
  // `signature` as for UnsignedJws.
  std::string WithSignature(ByteView signature) const;

 private:
  std::string signing_input_;
};

struct SignedCheckpoint {
  Checkpoint checkpoint;
  std::string thumbprint;  // RFC 7638, of the key that signed it
  std::string jws;         // compact
};

}  // namespace certbroker
