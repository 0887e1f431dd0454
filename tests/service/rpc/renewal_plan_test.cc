// How a certificate's plan is shown.
#include "tests/service/rpc/rpc_fixture.h"

namespace certbroker::rpc {
namespace {

constexpr Time kStart{std::chrono::seconds{1'800'000'000}};

class RenewalPlanTest : public RpcTest {
 protected:
  static RenewalPlan Plan(WindowSource source) {
    RenewalPlan plan;
    plan.certificate_id = "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE";
    plan.source = source;
    plan.window = {.start = kStart, .end = kStart + 48h};
    plan.chosen = kStart + 1500ms;
    return plan;
  }
  // The certificate of kWeb01 that has this plan.
  Order IssueWithPlan(const RenewalPlan& plan) {
    Issue();
    return FinishWithPlan(plan);
  }
  Order FinishWithPlan(const RenewalPlan& plan) {
    OrderCommit commit;
    commit.order = LeaseOne().order;
    commit.order.state = OrderState::kIssued;
    commit.issued = VersionFor(commit.order);
    commit.issued->renewal = plan;
    Must(queue().Commit(commit));
    return commit.order;
  }
  v1::Certificate Shown(const Order& order) {
    const auto answer = Agent().GetCertificate("certificates/" + order.certificate.ToString());
    EXPECT_THAT(answer.status, IsAnswered());
    return answer.value;
  }
};

TEST_F(RenewalPlanTest, TheCasWindowIsShownWithItsReasonAndItsNextLook) {
  RenewalPlan plan = Plan(WindowSource::kCa);
  plan.next_poll = kStart - 6h;
  plan.explanation_url = "https://ca.test/why";

  const v1::RenewalPlan shown = Shown(IssueWithPlan(plan)).current().renewal();

  EXPECT_EQ(shown.source(), v1::RenewalPlan::CA);
  EXPECT_EQ(shown.window_start_time().seconds(), 1'800'000'000);
  EXPECT_EQ(shown.window_end_time().seconds(), 1'800'000'000 + 48 * 3600);
  EXPECT_EQ(shown.renew_time().seconds(), 1'800'000'001);
  EXPECT_EQ(shown.renew_time().nanos(), 500'000'000);
  EXPECT_EQ(shown.next_poll_time().seconds(), 1'800'000'000 - 6 * 3600);
  EXPECT_EQ(shown.explanation_url(), "https://ca.test/why");
}

TEST_F(RenewalPlanTest, APlanByLifetimeHasNoNextLook) {
  const v1::RenewalPlan shown =
      Shown(IssueWithPlan(Plan(WindowSource::kLifetime))).current().renewal();

  EXPECT_EQ(shown.source(), v1::RenewalPlan::LIFETIME);
  EXPECT_FALSE(shown.has_next_poll_time());
  EXPECT_EQ(shown.explanation_url(), "");
}

TEST_F(RenewalPlanTest, AReplacedVersionHasNone) {
  const Order first = IssueWithPlan(Plan(WindowSource::kCa));
  Renew(first.certificate);
  FinishWithPlan(Plan(WindowSource::kCa));

  const v1::Certificate shown = Shown(first);

  ASSERT_EQ(shown.previous_size(), 1);
  EXPECT_TRUE(shown.current().has_renewal());
  EXPECT_FALSE(shown.previous(0).has_renewal());
}

TEST_F(RenewalPlanTest, ListsShowIt) {
  IssueWithPlan(Plan(WindowSource::kCa));

  const auto list = Agent().List(v1::ListCertificatesRequest());

  ASSERT_EQ(list.value.certificates_size(), 1);
  EXPECT_TRUE(list.value.certificates(0).current().has_renewal());
}

}  // namespace
}  // namespace certbroker::rpc
