// tests/fakes/scripted_ca/retry_after.h: Retry-After in every form that RFC 9110 §10.2.3 allows.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/time.h"

namespace certbroker::scripted_ca {

enum class RetryAfterForm { kNone, kSeconds, kDate, kRfc850, kAsctime };

// "seconds" for kSeconds, and so on.
std::optional<RetryAfterForm> RetryAfterFormFromName(std::string_view name);

// Empty for kNone.
std::string RetryAfterText(RetryAfterForm form, std::chrono::seconds delay, Time now);

// "2026-11-21 07:30:00 UTC", as in Let's Encrypt's texts about limits.
std::string UtcText(Time time);

}  // namespace certbroker::scripted_ca
