// tests/fakes/fake_random.h: randomness that is the same in every run with the same seed.
#pragma once

#include <random>

#include "core/mutex.h"
#include "core/random.h"

namespace certbroker {

class FakeRandom final : public Random {
 public:
  explicit FakeRandom(std::uint64_t seed = 1) : engine_(seed) {}
  void Fill(std::span<std::uint8_t> out) override EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  std::mt19937_64 engine_ GUARDED_BY(mutex_);
};

}  // namespace certbroker
