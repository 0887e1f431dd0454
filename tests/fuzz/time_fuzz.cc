// Points in time as a CA writes them: RFC 3339 in documents, RFC 9110 §5.6.7 in headers. Input:
// one.
#include <chrono>

#include "core/check.h"
#include "core/time.h"
#include "tests/fuzz/promises.h"
#include "tests/fuzz/target.h"

namespace certbroker::fuzz {
namespace {

constexpr Time kNow = std::chrono::sys_days{std::chrono::November / 21 / 2026};

// What is printed is what is stored, shown and read back.
void CheckTime(Time time) {
  const std::string text = FormatRfc3339(time);
  const auto again = ParseRfc3339(text);
  CERTBROKER_CHECK(again && *again == time);
}

}  // namespace

bool Try(std::string_view input) {
  const auto date = ParseRfc3339(input);
  if (date) CheckTime(*date);
  const auto header = ParseHttpDate(input, kNow);
  if (header) CheckTime(*header);
  return date || header;
}

}  // namespace certbroker::fuzz
