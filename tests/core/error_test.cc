#include "core/error.h"

#include <set>

#include "tests/support/result_matchers.h"

namespace certbroker {
namespace {

TEST(ReasonTest, NamesAreStableAipNames) {
  std::set<std::string_view> seen;
  for (const auto& traits : AllReasons()) {
    EXPECT_TRUE(seen.insert(traits.name).second) << traits.name;
    EXPECT_LE(traits.name.size(), 63U);
    EXPECT_EQ(traits.name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"),
              std::string_view::npos);
    EXPECT_EQ(ReasonFromName(traits.name), traits.reason);
  }
  EXPECT_EQ(ReasonFromName("NO_SUCH_REASON"), std::nullopt);
}

TEST(ErrorTest, GathersContextFromTheOutside) {
  const Error error = Error(Reason::kCaUnavailable, "connection refused")
                          .While("sending newOrder")
                          .RetryAfter(std::chrono::seconds{7});
  EXPECT_EQ(error.ToString(), "CA_UNAVAILABLE: sending newOrder: connection refused");
  EXPECT_EQ(error.retry_after(), std::chrono::seconds{7});
  EXPECT_EQ(error.retry(), Retry::kLater);
}

TEST(PrintableTest, DisarmsHostileText) {
  EXPECT_EQ(Printable("plain text"), "plain text");
  EXPECT_EQ(Printable("a\r\nb\tc"), "a??b?c");
  EXPECT_EQ(Printable("\x1b[31mred"), "?[31mred");
  EXPECT_EQ(Printable("b\xC3\xBC"
                      "cher"),
            "b\xC3\xBC"
            "cher");
  EXPECT_EQ(Printable("\xC3"), "?");            // cut short
  EXPECT_EQ(Printable("\xC0\xAF"), "??");       // overlong '/'
  EXPECT_EQ(Printable("\xED\xA0\x80"), "???");  // surrogate
  // NOLINTNEXTLINE(misc-misleading-bidirectional): escaped, and what the test is about
  EXPECT_EQ(Printable("a\xE2\x80\xAE"
                      "b"),
            "ab");  // right-to-left override
  EXPECT_EQ(Printable("\xC2\x9B"
                      "31m"),
            "?31m");  // C1 control sequence introducer
  EXPECT_EQ(Printable("0123456789", 4), "0123…");
}

Result<int> Half(int n) {
  if (n % 2 != 0) return Error(Reason::kInvalidArgument, "odd");
  return n / 2;
}

Result<int> Quarter(int n) {
  ASSIGN_OR_RETURN(const int half, Half(n));
  return Half(half);
}

Result<void> OnlyQuarters(int n) {
  RETURN_IF_ERROR(Quarter(n));
  return {};
}

TEST(ResultTest, MacrosReturnTheFirstError) {
  EXPECT_THAT(Quarter(12), IsOkAndHolds(3));
  EXPECT_THAT(Quarter(6), IsError(Reason::kInvalidArgument));
  EXPECT_THAT(OnlyQuarters(8), IsOk());
  EXPECT_THAT(OnlyQuarters(7), IsError(Reason::kInvalidArgument));
}

}  // namespace
}  // namespace certbroker
