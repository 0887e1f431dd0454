#include "core/clock.h"

namespace certbroker {

Time SystemClock::Now() const {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

SteadyTime SystemClock::Tick() const { return std::chrono::steady_clock::now(); }

}  // namespace certbroker
