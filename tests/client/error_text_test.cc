#include "client/error_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace certbroker::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ErrorTextTest, HasReasonViolationsAndWhatToDo) {
  const Error error = Error(Reason::kNameNotAuthorized, "no rule grants them")
                          .With({"two.test", Reason::kNameNotAuthorized, "no rule"});

  EXPECT_EQ(ErrorText("certbroker-agent", error),
            "certbroker-agent: NAME_NOT_AUTHORIZED: no rule grants them\n"
            "  two.test: no rule\n"
            "  No CA was asked.\n");
}

TEST(ErrorTextTest, SaysWhenToComeBack) {
  const Error error =
      Error(Reason::kCaRateLimited, "too many").RetryAfter(std::chrono::seconds{90});

  EXPECT_THAT(ErrorText("p", error), HasSubstr("  Try again after 90 s.\n"));
}

TEST(ErrorTextTest, AddsNothingWhereTheDetailSaysIt) {
  EXPECT_EQ(ErrorText("p", Error(Reason::kFileUnusable, "no file x")),
            "p: FILE_UNUSABLE: no file x\n");
}

TEST(ErrorTextTest, AnErrorAboutOneFieldSaysItOnce) {
  const Error error = Error(Reason::kInvalidArgument, "name: not an order")
                          .With({"name", Reason::kInvalidArgument, "not an order"});

  EXPECT_EQ(ErrorText("p", error), "p: INVALID_ARGUMENT: name: not an order\n");
}

TEST(ErrorTextTest, LetsNoControlCharacterThrough) {
  const Error error =
      Error(Reason::kCaRejected, "a\x1b]0;b").With({"x\x07", Reason::kCaRejected, "c\r\nd"});

  const std::string text = ErrorText("p", error);

  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\x07")));
  EXPECT_THAT(text, HasSubstr("c??d\n"));
}

}  // namespace
}  // namespace certbroker::client
