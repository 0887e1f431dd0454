#include "core/time.h"

namespace certbroker {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;
using ::testing::Optional;

const Time kNow = *ParseRfc3339("2026-11-21T07:30:00Z");

struct Rfc3339Case {
  std::string_view input, normalised;
};

TEST(Rfc3339Test, ReadsOffsetsAndFractions) {
  const Rfc3339Case kCases[] = {
      {"2026-11-21T07:30:00Z", "2026-11-21T07:30:00Z"},
      {"2026-11-21t07:30:00z", "2026-11-21T07:30:00Z"},
      {"2026-11-21T09:30:00+02:00", "2026-11-21T07:30:00Z"},
      {"2026-11-21T02:00:00-05:30", "2026-11-21T07:30:00Z"},
      {"2026-11-21T07:30:00.25Z", "2026-11-21T07:30:00.250000Z"},
      {"2026-11-21T07:30:00.123456789Z", "2026-11-21T07:30:00.123456Z"},
      {"2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"},
      {"2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"},
  };
  for (const auto& c : kCases) {
    const auto time = ParseRfc3339(c.input);
    ASSERT_TRUE(time.has_value()) << c.input;
    EXPECT_EQ(FormatRfc3339(*time), c.normalised);
  }
}

TEST(Rfc3339Test, RefusesEverythingElse) {
  for (const std::string_view bad :
       {"", "2026-11-21", "2026-11-21 07:30:00Z", "2026-11-21T07:30:00", "2025-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T07:30:00.Z",
        "2026-11-21T07:30:00Zx", "2026-11-21T07:30:00+24:00", "26-11-21T07:30:00Z"}) {
    EXPECT_EQ(ParseRfc3339(bad), std::nullopt) << bad;
  }
}

TEST(Rfc3339Test, StaysWithinTheYearsThatItCanWrite) {
  EXPECT_EQ(ParseRfc3339("0001-01-01T00:00:00+00:01"), std::nullopt);
  EXPECT_EQ(ParseRfc3339("9999-12-31T23:59:59.5-00:01"), std::nullopt);
  EXPECT_EQ(ParseRfc3339("0000-06-15T12:00:00Z"), std::nullopt) << "Postgres has no year 0";
  for (const std::string_view edge : {"0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"}) {
    const auto time = ParseRfc3339(edge);
    ASSERT_TRUE(time.has_value()) << edge;
    EXPECT_EQ(FormatRfc3339(*time), edge);
  }
}

// RFC 9110 §5.6.7: all three forms denote the same second.
TEST(HttpDateTest, ReadsAllThreeForms) {
  const Time want = *ParseRfc3339("1994-11-06T08:49:37Z");
  for (const std::string_view text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994"}) {
    EXPECT_THAT(ParseHttpDate(text, kNow), Optional(want)) << text;
  }
  EXPECT_THAT(ParseHttpDate("Sun Nov 16 08:49:37 1994", kNow),
              Optional(*ParseRfc3339("1994-11-16T08:49:37Z")));
}

TEST(HttpDateTest, TwoDigitYearsAreAtMostFiftyYearsAhead) {
  EXPECT_THAT(ParseHttpDate("Saturday, 01-Jan-76 00:00:00 GMT", kNow),
              Optional(*ParseRfc3339("2076-01-01T00:00:00Z")));
  EXPECT_THAT(ParseHttpDate("Saturday, 01-Jan-77 00:00:00 GMT", kNow),
              Optional(*ParseRfc3339("1977-01-01T00:00:00Z")));
}

TEST(HttpDateTest, RefusesEverythingElse) {
  for (const std::string_view bad :
       {"", "soon", "120", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT "}) {
    EXPECT_EQ(ParseHttpDate(bad, kNow), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace certbroker
