// tests/fakes/scripted_ca/virtual_clock.h: the real clock, moved.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "core/clock.h"

namespace certbroker::scripted_ca {

// Thread-safe. Runs on from wherever it is set to; what waits for it sees the jump at its next
// look.
class VirtualClock final : public Clock {
 public:
  Time Now() const override { return system_.Now() + std::chrono::microseconds(ahead_); }
  // Never goes back.
  SteadyTime Tick() const override { return system_.Tick() + std::chrono::microseconds(elapsed_); }

  // By a negative time, too: as a clock that was wrong.
  void Advance(std::chrono::microseconds by) {
    ahead_ += by.count();
    elapsed_ += std::max<std::int64_t>(by.count(), 0);
  }
  void Set(Time now) { Advance(now - Now()); }

 private:
  SystemClock system_;
  std::atomic<std::int64_t> ahead_{0};    // microseconds
  std::atomic<std::int64_t> elapsed_{0};  // those that Tick has been moved by
};

}  // namespace certbroker::scripted_ca
