#include "core/backoff.h"

#include <algorithm>
#include <cstdint>

namespace certbroker {

std::chrono::milliseconds Backoff(int n, const BackoffLimits& limits, Random& random) {
  std::int64_t wait = limits.first.count();
  for (int i = 0; i < n && wait < limits.cap.count(); ++i) wait *= 2;
  wait = std::min<std::int64_t>(wait, limits.cap.count());
  const std::int64_t half = wait / 2;
  const auto spread = static_cast<std::uint64_t>(wait - half) + 1;
  return std::chrono::milliseconds{half + static_cast<std::int64_t>(random.Below(spread))};
}

}  // namespace certbroker
