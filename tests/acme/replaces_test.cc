#include "acme/replaces.h"

#include <string>

#include "tests/support/result_matchers.h"

namespace certbroker::acme {
namespace {

HttpResponse Refusal(int status, const std::string& type) {
  return {.status = status,
          .headers = {{"content-type", "application/problem+json"}},
          .body = R"({"type":"urn:ietf:params:acme:error:)" + type + R"(","detail":"because"})"};
}

// tR5: the shapes that CAs have been seen to use.
TEST(ReplacesTest, ARefusalThatMayBeAboutItIsTriedWithoutIt) {
  for (const auto& [status, type] :
       std::initializer_list<std::pair<int, const char*>>{{409, "alreadyReplaced"},
                                                          {409, "conflict"},
                                                          {409, "malformed"},
                                                          {400, "malformed"},
                                                          {401, "unauthorized"},
                                                          {403, "unauthorized"},
                                                          {404, "malformed"},
                                                          {400, "ourOwnWords"},
                                                          {400, "compound"}}) {
    EXPECT_TRUE(RetryWithoutReplaces(Refusal(status, type), 0)) << status << " " << type;
  }
  EXPECT_TRUE(RetryWithoutReplaces({.status = 404, .headers = {}, .body = "<html>"}, 0));
  EXPECT_TRUE(RetryWithoutReplaces({.status = 400, .headers = {}, .body = ""}, 0));
}

TEST(ReplacesTest, ARefusalForAnotherReasonIsNot) {
  for (const auto& [status, type] :
       std::initializer_list<std::pair<int, const char*>>{{400, "badNonce"},
                                                          {429, "rateLimited"},
                                                          {403, "caa"},
                                                          {400, "rejectedIdentifier"},
                                                          {400, "unsupportedIdentifier"},
                                                          {400, "invalidProfile"},
                                                          {403, "userActionRequired"},
                                                          {403, "agreementRequired"},
                                                          {403, "externalAccountRequired"},
                                                          {400, "accountDoesNotExist"},
                                                          {400, "serverInternal"},
                                                          {503, "rateLimited"},
                                                          {503, "malformed"},
                                                          {502, "alreadyReplaced"}}) {
    EXPECT_FALSE(RetryWithoutReplaces(Refusal(status, type), 9)) << status << " " << type;
  }
  EXPECT_FALSE(RetryWithoutReplaces({.status = 429, .headers = {}, .body = "<html>"}, 0));
  EXPECT_FALSE(RetryWithoutReplaces({.status = 301, .headers = {}, .body = ""}, 0));
  EXPECT_FALSE(RetryWithoutReplaces({.status = 201, .headers = {}, .body = "{}"}, 0));
}

// lego#2137: 500 for as long as `replaces` is there.
TEST(ReplacesTest, AServerErrorThatPersistsIsTakenForIt) {
  EXPECT_FALSE(RetryWithoutReplaces(Refusal(500, "serverInternal"), 1));
  EXPECT_FALSE(RetryWithoutReplaces(Refusal(500, "serverInternal"), 2));
  EXPECT_TRUE(RetryWithoutReplaces(Refusal(500, "serverInternal"), 3));
}

}  // namespace
}  // namespace certbroker::acme
