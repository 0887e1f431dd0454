#include "core/page_token.h"

#include "tests/support/result_matchers.h"

namespace certbroker {
namespace {

using ::testing::HasSubstr;

TEST(PageTokenTest, SaysWhereToGoOn) {
  const std::string token = MakePageToken("orders agent=a", "0192-ab");

  EXPECT_THAT(ReadPageToken("orders agent=a", token), IsOkAndHolds("0192-ab"));
  EXPECT_THAT(token, Not(HasSubstr("0192")));  // opaque: nobody should build one
}

TEST(PageTokenTest, BelongsToOneListAndFilter) {
  const std::string token = MakePageToken("orders agent=a", "0192-ab");

  for (const std::string_view foreign : {"orders agent=b", "orders", "certificates agent=a"}) {
    EXPECT_THAT(ReadPageToken(foreign, token),
                IsError(Reason::kInvalidArgument, HasSubstr("page token")))
        << foreign;
  }
}

TEST(PageTokenTest, RefusesOneThatWasChanged) {
  const std::string token = MakePageToken("orders", "0192-ab");
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = token[i] == 'A' ? 'Q' : 'A';
    EXPECT_THAT(ReadPageToken("orders", changed), IsError(Reason::kInvalidArgument)) << changed;
  }
}

TEST(PageTokenTest, RefusesWhatItNeverMade) {
  for (const std::string_view token : {"", "AAAA", "not base64!", "zzzzzzzzzzzzzzzzzzzz"}) {
    EXPECT_THAT(ReadPageToken("orders", token), IsError(Reason::kInvalidArgument)) << token;
  }
}

}  // namespace
}  // namespace certbroker
