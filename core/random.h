// core/random.h: randomness as a port: identifiers and jitter. Seeded in tests, the kernel's in
// production.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace certbroker {

// Thread-safe. Fill gives bytes that are fit for secrets in SystemRandom, and only there.
class Random {
 public:
  virtual ~Random() = default;
  virtual void Fill(std::span<std::uint8_t> out) = 0;

  // Uniform in [0, bound); bound > 0.
  std::uint64_t Below(std::uint64_t bound);
};

// getrandom(2). Ends the process when the kernel has no randomness to give: there is nothing safe
// to go on with.
class SystemRandom final : public Random {
 public:
  void Fill(std::span<std::uint8_t> out) override;
};

}  // namespace certbroker
