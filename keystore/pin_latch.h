// keystore/pin_latch.h: remembers which PIN a token refused, so that it is never offered again.
// Real tokens lock for good after three wrong tries.
#pragma once

#include <array>
#include <cstdint>

#include "core/bytes.h"
#include "core/secret.h"

namespace certbroker::keystore {

// Not thread-safe. Keeps a keyed digest, not the PIN.
class PinLatch {
 public:
  PinLatch();
  void Refuse(const Secret& pin);
  bool Refused(const Secret& pin) const;

 private:
  Bytes DigestOf(const Secret& pin) const;

  std::array<std::uint8_t, 32> key_{};  // of this object; a digest of four digits is soon guessed
  Bytes refused_;
};

}  // namespace certbroker::keystore
