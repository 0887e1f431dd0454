#include "service/engine/renewal_runner.h"

#include "tests/service/engine/engine_fixture.h"
#include "tests/support/result_matchers.h"

namespace certbroker::engine {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class RenewalRunnerTest : public EngineFixture {
 protected:
  RenewalRunnerTest() {
    MakeAccount();
    ca_.TamperWith([this](const HttpRequest& request, const HttpResponse& response) {
      return Answer(request, response);
    });
    order_ = RunToEnd(Issue().id);
    runner_ = std::make_unique<RenewalRunner>(Deps(), database_.renewals(),
                                              LeaseOptions{.owner = "replica-1"});
  }

  std::optional<Result<HttpResponse>> Answer(const HttpRequest& request,
                                             const HttpResponse& response) {
    const std::string url = request.url.ToString();
    if (url.ends_with("/dir") && has_ari_) {
      HttpResponse directory = response;
      directory.body.insert(1, R"("renewalInfo":"https://ca.test/ari",)");
      return directory;
    }
    if (url.find("/ari/") == std::string::npos) return std::nullopt;
    ++questions_;
    return info_;
  }
  void CaSays(Time start, Time end) {
    info_ = HttpResponse{.status = 200,
                         .headers = {{"retry-after", "3600"}},
                         .body = R"({"suggestedWindow":{"start":")" + FormatRfc3339(start) +
                                 R"(","end":")" + FormatRfc3339(end) +
                                 R"("},"explanationURL":"https://ca.test/why"})"};
  }
  RenewalPlan Plan() {
    return *database_.certificates().Get(order_.certificate, kAgent)->current()->renewal;
  }
  void Look() { EXPECT_THAT(runner_->LeaseDue(), IsOk()); }

  bool has_ari_ = true;
  HttpResponse info_{.status = 404, .headers = {}, .body = ""};
  int questions_ = 0;
  Order order_;
  std::unique_ptr<RenewalRunner> runner_;
};

TEST_F(RenewalRunnerTest, ACertificateIsBornWithAPlanByItsLifetime) {
  const auto certificate = database_.certificates().Get(order_.certificate, kAgent);
  const CertificateVersion& version = *certificate->current();

  EXPECT_EQ(Plan().source, WindowSource::kLifetime);
  EXPECT_GE(Plan().chosen, Plan().window.start);
  EXPECT_LT(Plan().chosen, Plan().window.end);
  EXPECT_GT(Plan().window.start, version.not_before);
  EXPECT_LT(Plan().window.end, version.not_after);
}

TEST_F(RenewalRunnerTest, WhatTheCaSaysReplacesIt) {
  const Time start = clock_.Now() + hours{5};
  CaSays(start, start + hours{2});

  Look();

  EXPECT_EQ(Plan().source, WindowSource::kCa);
  EXPECT_EQ(Plan().explanation_url, "https://ca.test/why");
  EXPECT_GE(Plan().chosen, start);
  EXPECT_LT(Plan().chosen, start + hours{2});
  EXPECT_THAT(log_.lines(), Contains(HasSubstr("https://ca.test/why")));
}

// RFC 9773 §4.2: the time is chosen once per window, and Retry-After says when to look again.
TEST_F(RenewalRunnerTest, TheTimeIsChosenOncePerWindow) {
  const Time start = clock_.Now() + hours{50};
  CaSays(start, start + hours{20});
  Look();
  const Time chosen = Plan().chosen;
  Look();
  EXPECT_EQ(questions_, 1) << "not before its time";

  clock_.Advance(minutes{62});
  Look();
  EXPECT_EQ(questions_, 2);
  EXPECT_EQ(Plan().chosen, chosen);

  CaSays(clock_.Now() - hours{2}, clock_.Now() - hours{1});
  clock_.Advance(minutes{62});
  Look();
  EXPECT_LE(Plan().chosen, clock_.Now()) << "a window in the past: now";
}

TEST_F(RenewalRunnerTest, ACaWithoutRenewalInfoChangesNothing) {
  has_ari_ = false;
  KillAndRestart();
  runner_ = std::make_unique<RenewalRunner>(Deps(), database_.renewals(),
                                            LeaseOptions{.owner = "replica-1"});
  const RenewalPlan before = Plan();

  Look();

  EXPECT_EQ(questions_, 0);
  EXPECT_EQ(Plan().chosen, before.chosen);
  EXPECT_GT(*Plan().next_poll, clock_.Now() + hours{5});
}

TEST_F(RenewalRunnerTest, NonsenseKeepsThePlan) {
  const RenewalPlan before = Plan();
  CaSays(clock_.Now() + hours{2}, clock_.Now() + hours{1});

  Look();

  EXPECT_EQ(Plan().window, before.window);
  EXPECT_EQ(Plan().chosen, before.chosen);
}

TEST_F(RenewalRunnerTest, AnIssuerThatIsGoneIsNoReasonToHammer) {
  issuers_.clear();
  Look();
  EXPECT_GT(*Plan().next_poll, clock_.Now());
  Look();
  EXPECT_EQ(questions_, 0);
}

// RFC 9773 §5.
TEST_F(RenewalRunnerTest, ARenewalNamesWhatItReplacesToACaThatKnowsAri) {
  const auto names_replaced = [&] {
    const auto approval = policy_->Get()->Evaluate({.agent = kAgent,
                                                    .csr_der = order_.csr_der,
                                                    .names = {"app.test"},
                                                    .issuer = {},
                                                    .profile = {}});
    const auto renewed = database_.orders().Create(
        *approval,
        {.id = OrderId(Uuid::V7(clock_.Now(), random_)),
         .certificate = order_.certificate,
         .kind = OrderKind::kRenew,
         .account = kAccount,
         .agent_challenges = {ChallengeType::kHttp01}},
        {kAgent, RequestId(Uuid::V7(clock_.Now(), random_)), "RenewCertificate", {}});
    EXPECT_FALSE(renewed->replaces.empty());
    return RunToEnd(renewed->id).replaces;
  };
  EXPECT_FALSE(names_replaced().empty());
  has_ari_ = false;
  KillAndRestart();
  EXPECT_TRUE(names_replaced().empty());
}

}  // namespace
}  // namespace certbroker::engine
