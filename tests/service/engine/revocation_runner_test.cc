#include "service/engine/revocation_runner.h"

#include "tests/service/engine/engine_fixture.h"
#include "tests/support/result_matchers.h"

namespace certbroker::engine {
namespace {

using std::chrono::seconds;

class RevocationRunnerTest : public EngineFixture {
 protected:
  RevocationRunnerTest() {
    MakeAccount();
    order_ = RunToEnd(Issue().id);
    runner_ = std::make_unique<RevocationRunner>(Deps(), database_.revocations(),
                                                 LeaseOptions{.owner = "replica-1"});
  }

  void RequestRevocation() {
    const RequestKey request{
        kAgent, RequestId(Uuid::V7(clock_.Now(), random_)), "RevokeCertificate", {}};
    ASSERT_THAT(database_.certificates().RequestRevocation(
                    {.id = RevocationId(Uuid::V7(clock_.Now(), random_)),
                     .certificate = order_.certificate,
                     .sha256 = std::nullopt,
                     .reason = RevocationReason::kSuperseded},
                    kAgent, request),
                IsOk());
  }

  std::optional<Revocation> Current() {
    return database_.certificates().Get(order_.certificate, kAgent)->current()->revocation;
  }

  Order order_;
  std::unique_ptr<RevocationRunner> runner_;
};

TEST_F(RevocationRunnerTest, RevokesAtTheCa) {
  RequestRevocation();
  EXPECT_EQ(Current()->state, RevocationState::kRequested);
  ASSERT_THAT(runner_->LeaseDue(), IsOk());
  EXPECT_EQ(Current()->state, RevocationState::kRevoked);
  EXPECT_TRUE(Current()->revoke_time.has_value());
  EXPECT_EQ(ca_.revocations(), 1);
}

// What is on record as the reason is only what was asked for here.
TEST_F(RevocationRunnerTest, WhatSomebodyElseHadRevokedSaysSo) {
  ca_.TamperWith([](const HttpRequest& request,
                    const HttpResponse& response) -> std::optional<Result<HttpResponse>> {
    if (!request.url.ToString().ends_with("/revoke")) return std::nullopt;
    return HttpResponse{
        .status = 400,
        .headers = {{"content-type", "application/problem+json"},
                    {"replay-nonce", std::string(*response.Header("replay-nonce"))}},
        .body = R"({"type":"urn:ietf:params:acme:error:alreadyRevoked","detail":"it is"})"};
  });
  RequestRevocation();
  ASSERT_THAT(runner_->LeaseDue(), IsOk());

  EXPECT_EQ(Current()->state, RevocationState::kRevoked);
  ASSERT_TRUE(Current()->failure.has_value());
  EXPECT_EQ(Current()->failure->reason(), Reason::kCaAlreadyRevoked);
}

// I17: never reported done before the CA confirmed, never given up.
TEST_F(RevocationRunnerTest, GoesOnUntilTheCaConfirms) {
  int tries = 0;
  ca_.TamperWith(
      [&](const HttpRequest& request, const HttpResponse&) -> std::optional<Result<HttpResponse>> {
        if (!request.url.ToString().ends_with("/revoke") || ++tries > 50) return std::nullopt;
        return HttpResponse{.status = 503, .headers = {{"replay-nonce", "x"}}, .body = ""};
      });
  RequestRevocation();
  for (int i = 0; i < 49; ++i) {
    ASSERT_THAT(runner_->LeaseDue(), IsOk());
    EXPECT_EQ(Current()->state, RevocationState::kRequested);
    clock_.Advance(seconds{61});
  }
  ASSERT_TRUE(Current()->failure.has_value());
  for (int i = 0; i < 5; ++i) {
    ASSERT_THAT(runner_->LeaseDue(), IsOk());
    clock_.Advance(seconds{61});
  }
  EXPECT_EQ(Current()->state, RevocationState::kRevoked);
}

// RFC 8555 §7.6: alreadyRevoked is what a repetition after a lost answer gets.
TEST_F(RevocationRunnerTest, ALostAnswerIsResolvedByRepeating) {
  ca_.TamperWith(
      [lost = false](const HttpRequest& request,
                     const HttpResponse&) mutable -> std::optional<Result<HttpResponse>> {
        if (lost || !request.url.ToString().ends_with("/revoke")) return std::nullopt;
        lost = true;
        return Error(Reason::kOutcomeUnknown, "cut");
      });
  RequestRevocation();
  ASSERT_THAT(runner_->LeaseDue(), IsOk());
  EXPECT_EQ(Current()->state, RevocationState::kRequested);
  clock_.Advance(seconds{5});
  ASSERT_THAT(runner_->LeaseDue(), IsOk());
  EXPECT_EQ(Current()->state, RevocationState::kRevoked);
  EXPECT_EQ(ca_.revocations(), 1);
}

TEST_F(RevocationRunnerTest, ARefusalIsKeptWithTheCasWords) {
  ca_.TamperWith(
      [](const HttpRequest& request, const HttpResponse&) -> std::optional<Result<HttpResponse>> {
        if (!request.url.ToString().ends_with("/revoke")) return std::nullopt;
        return HttpResponse{
            .status = 403,
            .headers = {{"content-type", "application/problem+json"}, {"replay-nonce", "x"}},
            .body = R"({"type":"urn:ietf:params:acme:error:unauthorized","detail":"not yours"})"};
      });
  RequestRevocation();
  ASSERT_THAT(runner_->LeaseDue(), IsOk());
  EXPECT_EQ(Current()->state, RevocationState::kFailed);
  EXPECT_THAT(Current()->failure->detail(), ::testing::HasSubstr("not yours"));
}

TEST_F(RevocationRunnerTest, AskingTwiceRevokesOnce) {
  RequestRevocation();
  ASSERT_THAT(runner_->LeaseDue(), IsOk());
  RequestRevocation();
  ASSERT_THAT(runner_->LeaseDue(), IsOk());
  EXPECT_EQ(Current()->state, RevocationState::kRevoked);
  EXPECT_EQ(ca_.Count("/revoke"), 1);
}

}  // namespace
}  // namespace certbroker::engine
