// core/backoff.h: how long to wait before the n-th try, with jitter.
#pragma once

#include <chrono>

#include "core/random.h"

namespace certbroker {

struct BackoffLimits {
  std::chrono::milliseconds first{1'000};
  std::chrono::milliseconds cap{60'000};
};

// first · 2^n up to the cap, without overflow for any n ≥ 0; then uniform in its upper half, so
// that a fleet that failed together does not come back together. Never below first/2, never above
// cap.
std::chrono::milliseconds Backoff(int n, const BackoffLimits& limits, Random& random);

}  // namespace certbroker
