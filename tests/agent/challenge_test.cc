#include "agent/challenge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/result_matchers.h"

namespace certbroker::agent {
namespace {

using ::testing::HasSubstr;

Result<void> Check(const std::string& token, const std::string& key_authorization) {
  return CheckForm({.order = "orders/1",
                    .identifier = "a.test",
                    .token = token,
                    .key_authorization = key_authorization});
}

TEST(CheckFormTest, TakesTheTokenAPointAndAThumbprint) {
  EXPECT_THAT(Check("tok-_9", "tok-_9." + std::string(42, 'a') + "_"), IsOk());
}

TEST(CheckFormTest, RefusesEveryOtherKeyAuthorization) {
  const std::string thumbprint(43, 'a');
  for (const std::string& text :
       {std::string(), std::string("tok"), std::string("tok."), thumbprint, "tok" + thumbprint,
        "." + thumbprint, "other." + thumbprint, "tok.." + thumbprint, "tok." + thumbprint + "a",
        "tok." + thumbprint.substr(1), "tok." + thumbprint + "\n",
        "tok." + thumbprint.substr(1) + "=", "tok." + thumbprint.substr(1) + "+",
        "TOK." + thumbprint}) {
    EXPECT_THAT(Check("tok", text),
                IsError(Reason::kInvalidArgument, HasSubstr("key authorization")))
        << text;
  }
}

TEST(CheckFormTest, RefusesATokenThatIsNone) {
  const std::string thumbprint(43, 'a');
  for (const std::string token : {"", "a.b", "a=", "../a"}) {
    EXPECT_THAT(Check(token, token + "." + thumbprint),
                IsError(Reason::kInvalidArgument, HasSubstr("no token")))
        << token;
  }
}

}  // namespace
}  // namespace certbroker::agent
