// keystore/pin_latch.h: remembers which PINs a token refused, so that none is offered again.
// Real tokens lock for good after three wrong tries.
#pragma once

#include <array>
#include <cstdint>
#include <set>

#include "core/bytes.h"
#include "core/secret.h"

namespace certbroker::keystore {

// Not thread-safe. Keeps keyed digests, not the PINs.
class PinLatch {
 public:
  PinLatch();
  void Refuse(const Secret& pin);
  bool Refused(const Secret& pin) const;

 private:
  Bytes DigestOf(const Secret& pin) const;

  std::array<std::uint8_t, 32> key_{};  // of this object; a digest of four digits is soon guessed
  std::set<Bytes> refused_;
};

}  // namespace certbroker::keystore
