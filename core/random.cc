#include "core/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstring>
#include <limits>

#include "core/check.h"

namespace certbroker {

std::uint64_t Random::Below(std::uint64_t bound) {
  CERTBROKER_CHECK(bound > 0);
  // Values in the last, incomplete multiple of `bound` would make the low results likelier; draw
  // again.
  constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t limit = kMax - kMax % bound;
  std::uint64_t value = 0;
  do {
    std::array<std::uint8_t, sizeof(value)> bytes{};
    Fill(bytes);
    std::memcpy(&value, bytes.data(), sizeof(value));
  } while (value >= limit);
  return value % bound;
}

void SystemRandom::Fill(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const ssize_t got = ::getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    CERTBROKER_CHECK(got > 0);
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace certbroker
