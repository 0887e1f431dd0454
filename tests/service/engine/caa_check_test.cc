#include "service/engine/caa_check.h"

#include "tests/service/engine/engine_fixture.h"
#include "tests/support/result_matchers.h"

namespace certbroker::engine {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

class CaaCheckTest : public EngineFixture {
 protected:
  CaaCheckTest() {
    MakeAccount();
    ca_.TamperWith([](const HttpRequest& request,
                      const HttpResponse& response) -> std::optional<Result<HttpResponse>> {
      if (!request.url.ToString().ends_with("/dir")) return std::nullopt;
      HttpResponse answer = response;
      answer.body.insert(1, R"("meta":{"caaIdentities":["ca.test"]},)");
      return answer;
    });
  }
  void Mode(CaaMode mode) {
    caa_mode_ = mode;
    KillAndRestart();
  }
  void Forbid() {
    caa_.records["app.test"] = {{.flags = 0, .tag = "issue", .value = "other.test"}};
  }
};

TEST_F(CaaCheckTest, AForbiddenNameIsNeverOrdered) {
  Forbid();

  const Order order = RunToEnd(Issue({"app.test", "www.app.test"}).id);

  EXPECT_EQ(order.state, OrderState::kFailed);
  EXPECT_EQ(order.failure->reason(), Reason::kCaCaaForbids);
  ASSERT_EQ(order.failure->violations().size(), 1U);
  EXPECT_EQ(order.failure->violations()[0].subject, "app.test");
  EXPECT_THAT(order.failure->detail(), HasSubstr("other.test"));
  EXPECT_TRUE(ca_.orders().empty());
}

TEST_F(CaaCheckTest, APermittedNameIsOrdered) {
  caa_.records["app.test"] = {{.flags = 0, .tag = "issue", .value = "ca.test"}};

  EXPECT_EQ(RunToEnd(Issue().id).state, OrderState::kIssued);
  EXPECT_EQ(caa_.questions, 1);
}

// RFC 8657 §3, §4.
TEST_F(CaaCheckTest, OneOfTheChallengesThatWouldDoMustBePermitted) {
  caa_.records["app.test"] = {
      {.flags = 0, .tag = "issue", .value = "ca.test; validationmethods=dns-01"}};
  EXPECT_EQ(RunToEnd(Issue().id).failure->reason(), Reason::kCaCaaForbids);
  caa_.records["app.test"] = {
      {.flags = 0,
       .tag = "issue",
       .value = "ca.test; validationmethods=http-01; accounturi=https://ca.test/account/1"}};
  EXPECT_EQ(RunToEnd(Issue().id).state, OrderState::kIssued);
}

TEST_F(CaaCheckTest, AWarningIsALineInTheHistory) {
  Mode(CaaMode::kWarn);
  Forbid();

  const Order order = RunToEnd(Issue().id);

  EXPECT_EQ(order.state, OrderState::kIssued);
  EXPECT_THAT(History(order.id), Contains(HasSubstr("other.test")));
}

TEST_F(CaaCheckTest, OffAsksNobody) {
  Mode(CaaMode::kOff);
  Forbid();

  EXPECT_EQ(RunToEnd(Issue().id).state, OrderState::kIssued);
  EXPECT_EQ(caa_.questions, 0);
}

// The CA has better ways to ask.
TEST_F(CaaCheckTest, WhatCannotBeLookedUpIsLeftToTheCa) {
  caa_.failure = Error(Reason::kDnsUnavailable, "no name server answers");

  const Order order = RunToEnd(Issue().id);

  EXPECT_EQ(order.state, OrderState::kIssued);
  EXPECT_THAT(History(order.id), Contains(HasSubstr("no name server answers")));
}

TEST_F(CaaCheckTest, ACaThatDoesNotSayItsNamesIsNotJudged) {
  ca_.TamperWith([](const HttpRequest&, const HttpResponse&) { return std::nullopt; });
  Forbid();

  EXPECT_EQ(RunToEnd(Issue().id).state, OrderState::kIssued);
}

}  // namespace
}  // namespace certbroker::engine
