#include "service/engine/abandonment_runner.h"

#include "tests/service/engine/engine_fixture.h"
#include "tests/support/result_matchers.h"

namespace certbroker::engine {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

// An order of two names that its agent could not serve.
class AbandonmentRunnerTest : public EngineFixture {
 protected:
  AbandonmentRunnerTest() {
    MakeAccount();
    order_ = Issue({"app.test", "www.app.test"});
    LeaseOrders();
    const auto task = database_.board().TasksFor(kAgent)->at(0);
    EXPECT_THAT(database_.board().Report(kAgent, order_.id, task.token, ChallengeOutcome::kFailed,
                                         "port 80 in use"),
                IsOk());
    LeaseOrders();
    failed_ = Read(order_.id);
    EXPECT_EQ(failed_.state, OrderState::kFailed);
    runner_ = std::make_unique<AbandonmentRunner>(Deps(), database_.abandoned(),
                                                  LeaseOptions{.owner = "replica-1"});
  }
  void CaAnswers(int status, const std::string& body) {
    ca_.TamperWith(
        [status, body](const HttpRequest& request,
                       const HttpResponse& response) -> std::optional<Result<HttpResponse>> {
          if (request.url.ToString().find("/authz/") == std::string::npos) return std::nullopt;
          return HttpResponse{
              .status = status,
              .headers = {{"content-type", "application/problem+json"},
                          {"replay-nonce", std::string(*response.Header("replay-nonce"))}},
              .body = body};
        });
  }
  int Deactivations() const {
    int count = 0;
    for (const JwsInput& call : signer_->calls())
      count += call.purpose == SignaturePurpose::kAuthorizationDeactivation ? 1 : 0;
    return count;
  }
  int Reads() const {
    int count = 0;
    for (const JwsInput& call : signer_->calls())
      count += call.purpose == SignaturePurpose::kPostAsGet ? 1 : 0;
    return count;
  }
  // As a CA does that gives the same pending order to who asks for the same names again.
  void HandTheSameOut(Order order) {
    order.authorizations = failed_.authorizations;
    order.fence = database_.queue().Lease({.owner = "test", .limit = 1})->orders.at(0).order.fence;
    ASSERT_THAT(database_.queue().Commit({.order = order,
                                          .settles = std::nullopt,
                                          .issued = std::nullopt,
                                          .event = {},
                                          .due_in = hours{1}}),
                IsOk());
  }
  void Look(std::chrono::milliseconds later) {
    clock_.Advance(later);
    EXPECT_THAT(runner_->LeaseDue(), IsOk());
  }

  Order order_;
  Order failed_;
  std::unique_ptr<AbandonmentRunner> runner_;
};

// RFC 8555 §7.5.2.
TEST_F(AbandonmentRunnerTest, TheCaIsToldOfEachOnce) {
  Look(seconds{11});

  EXPECT_EQ(Deactivations(), 2);
  EXPECT_EQ(signer_->calls().back().payload, R"({"status":"deactivated"})");
  EXPECT_NE(signer_->calls().back().url.ToString().find("/authz/"), std::string::npos);
  Look(hours{1});
  EXPECT_EQ(Deactivations(), 2);
}

TEST_F(AbandonmentRunnerTest, AProofThatCameMeanwhileIsKept) {
  CaAnswers(200, R"({"identifier":{"type":"dns","value":"app.test"},"status":"valid",)"
                 R"("challenges":[]})");
  Look(seconds{11});

  EXPECT_EQ(Deactivations(), 0);
}

TEST_F(AbandonmentRunnerTest, WhatANewOrderUsesIsLeftAlone) {
  const Order again = Issue({"app.test", "www.app.test"});
  LeaseOrders();
  Order leased = Read(again.id);
  ASSERT_EQ(leased.state, OrderState::kPresenting);
  clock_.Advance(std::chrono::minutes{1});
  HandTheSameOut(leased);
  const int before = Reads();
  Look(seconds{11});

  EXPECT_EQ(Deactivations(), 0);
  EXPECT_EQ(Reads(), before);
}

TEST_F(AbandonmentRunnerTest, WhatTheCaDoesNotKnowIsDone) {
  CaAnswers(404, R"({"type":"urn:ietf:params:acme:error:malformed","detail":"no such"})");
  Look(seconds{11});
  Look(hours{1});

  EXPECT_EQ(Deactivations(), 0);
}

TEST_F(AbandonmentRunnerTest, ACaThatIsDownIsAskedAFewTimes) {
  CaAnswers(503, "");
  const int before = Reads();
  for (int i = 0; i < 20; ++i) Look(hours{2});

  EXPECT_EQ(Reads() - before, 10);
}

}  // namespace
}  // namespace certbroker::engine
