// core/clock.h: the only place that reads a clock. Everything else takes a Clock&, so that tests
// own the time.
#pragma once

#include <chrono>

#include "core/time.h"

namespace certbroker {

using SteadyTime = std::chrono::steady_clock::time_point;

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time Now() const = 0;         // for people, rows and validity
  virtual SteadyTime Tick() const = 0;  // for intervals and deadlines; never goes back
};

class SystemClock final : public Clock {
 public:
  Time Now() const override;
  SteadyTime Tick() const override;
};

}  // namespace certbroker
