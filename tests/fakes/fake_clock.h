// tests/fakes/fake_clock.h: a clock that moves only when the test says so.
#pragma once

#include "core/clock.h"
#include "core/mutex.h"

namespace certbroker {

// Thread-safe. Begins at 2026-11-21T07:30:00Z.
class FakeClock final : public Clock {
 public:
  Time Now() const override EXCLUDES(mutex_);
  SteadyTime Tick() const override EXCLUDES(mutex_);
  void Advance(std::chrono::microseconds by) EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  std::chrono::microseconds elapsed_ GUARDED_BY(mutex_){0};
};

}  // namespace certbroker
