#include "acme/retry_after.h"

#include "tests/fakes/fake_clock.h"
#include "tests/support/result_matchers.h"

namespace certbroker::acme {
namespace {

using namespace std::chrono_literals;

std::optional<std::chrono::milliseconds> Delay(std::string_view text) {
  // 2026-11-21T07:30:00Z, a Saturday.
  return RetryAfter({.status = 429, .headers = {{"retry-after", std::string(text)}}, .body = ""},
                    FakeClock().Now());
}

// T10, tH1, T25.
TEST(RetryAfterTest, ReadsSecondsAndDatesWithinBounds) {
  const struct {
    std::string_view name;
    std::string_view text;
    std::optional<std::chrono::milliseconds> want;
  } cases[] = {
      {"seconds", "120", 120s},
      {"spaces around", "  5\t", 5s},
      {"leading zeros", "007", 7s},
      {"zero", "0", 1s},
      {"negative", "-1", 1s},
      {"very negative", "-99999999999999999999", 1s},
      {"a day", "86400", 24h},
      {"more than a day", "86401", 24h},
      {"10^12", "1000000000000", 24h},
      {"beyond int64", "9223372036854775808", 24h},
      {"a thousand digits", "9999999999999999999999999999999999999999999999999999999999999999",
       24h},
      {"IMF-fixdate", "Sat, 21 Nov 2026 07:31:30 GMT", 90s},
      {"RFC 850", "Saturday, 21-Nov-26 07:31:30 GMT", 90s},
      {"asctime", "Sat Nov 21 07:31:30 2026", 90s},
      {"now", "Sat, 21 Nov 2026 07:30:00 GMT", 1s},
      {"past", "Thu, 01 Jan 1970 00:00:00 GMT", 1s},
      {"the year 9999", "Fri, 31 Dec 9999 23:59:59 GMT", 24h},
      {"empty", "", std::nullopt},
      {"a word", "soon", std::nullopt},
      {"a fraction", "1.5", std::nullopt},
      {"a plus", "+5", std::nullopt},
      {"two numbers", "5, 6", std::nullopt},
      {"a minus alone", "-", std::nullopt},
      {"a negative date", "-Sat, 21 Nov 2026 07:31:30 GMT", std::nullopt},
      {"RFC 3339", "2026-11-21T07:31:30Z", std::nullopt},
      {"hexadecimal", "0x10", std::nullopt},
  };
  for (const auto& c : cases) EXPECT_EQ(Delay(c.text), c.want) << c.name;
}

TEST(RetryAfterTest, WithoutAHeaderThereIsNone) {
  EXPECT_EQ(RetryAfter({}, FakeClock().Now()), std::nullopt);
}

}  // namespace
}  // namespace certbroker::acme
