#include "tests/fakes/fake_clock.h"

namespace certbroker {
namespace {
constexpr Time kStart = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} +
                        std::chrono::hours{7} + std::chrono::minutes{30};
}

Time FakeClock::Now() const {
  const MutexLock lock(mutex_);
  return kStart + elapsed_;
}

SteadyTime FakeClock::Tick() const {
  const MutexLock lock(mutex_);
  return SteadyTime{} + std::chrono::hours{1} + elapsed_;
}

void FakeClock::Advance(std::chrono::microseconds by) {
  const MutexLock lock(mutex_);
  elapsed_ += by;
}

}  // namespace certbroker
