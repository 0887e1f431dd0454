// acme/retry_after.h: when a CA wants us back.
#pragma once

#include <chrono>
#include <optional>

#include "core/ports/http_client.h"
#include "core/time.h"

namespace certbroker::acme {

inline constexpr std::chrono::milliseconds kMinRetryAfter{1'000};
inline constexpr std::chrono::milliseconds kMaxRetryAfter = std::chrono::hours(24);

// RFC 9110 §10.2.3: seconds, or a date in one of three forms. Zero, negative and past become the
// minimum, everything beyond the maximum the maximum: a CA can neither make us hammer it nor park
// an order for ever. Nothing when absent or neither form. Of several headers the first counts.
// Jitter is the caller's.
std::optional<std::chrono::milliseconds> RetryAfter(const HttpResponse& response, Time now);

}  // namespace certbroker::acme
