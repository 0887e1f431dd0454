#include "tests/fakes/fake_random.h"

namespace certbroker {

void FakeRandom::Fill(std::span<std::uint8_t> out) {
  const MutexLock lock(mutex_);
  for (auto& byte : out) byte = static_cast<std::uint8_t>(engine_() & 0xFFU);
}

}  // namespace certbroker
