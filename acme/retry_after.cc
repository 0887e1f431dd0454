#include "acme/retry_after.h"

#include <algorithm>
#include <string_view>

namespace certbroker::acme {
namespace {

using std::chrono::milliseconds;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Saturates long before it could overflow: mod_md's counter did not (CVE-2025-55753).
milliseconds Seconds(std::string_view digits) {
  constexpr std::int64_t kEnough = kMaxRetryAfter.count() / 1000;
  std::int64_t seconds = 0;
  for (const char c : digits) seconds = std::min(kEnough, seconds * 10 + (c - '0'));
  return milliseconds(seconds * 1000);
}

std::string_view Trim(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

std::optional<milliseconds> RetryAfter(const HttpResponse& response, Time now) {
  const auto header = response.Header("retry-after");
  if (!header) return std::nullopt;
  std::string_view text = Trim(*header);
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (!text.empty() && std::ranges::all_of(text, IsDigit)) {
    return negative ? kMinRetryAfter : std::max(kMinRetryAfter, Seconds(text));
  }
  if (negative) return std::nullopt;
  const auto date = ParseHttpDate(text, now);
  if (!date) return std::nullopt;
  if (*date <= now) return kMinRetryAfter;
  // Compared before it is converted: a date of the year 9999 has room, but only just.
  if (*date - now >= kMaxRetryAfter) return kMaxRetryAfter;
  return std::max(kMinRetryAfter, std::chrono::ceil<milliseconds>(*date - now));
}

}  // namespace certbroker::acme
