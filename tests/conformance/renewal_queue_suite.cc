// tests/conformance/renewal_queue_suite.cc: what every RenewalQueue does.
#include "tests/conformance/store_fixture.h"

namespace certbroker {
namespace {

class RenewalQueueSuite : public StoreSuite {
 protected:
  static constexpr Time kStart = Time(std::chrono::days(20'000));

  // A plan whose CA is to be asked at once.
  static RenewalPlan PlanOf(const std::string& certificate_id = "aki.serial") {
    return {.certificate_id = certificate_id,
            .source = WindowSource::kLifetime,
            .window = {kStart, kStart + 48h},
            .chosen = kStart + 5h,
            .next_poll = kStart,
            .explanation_url = "",
            .failures = 0};
  }
  Order IssueWithPlan(const Order& placed, const RenewalPlan& plan = PlanOf()) {
    LeasedOrder leased = LeaseOne();
    leased.order.state = OrderState::kIssued;
    CertificateVersion version = VersionFor(leased.order, placed.id.ToString());
    version.renewal_id = plan.certificate_id;
    version.renewal = plan;
    Must(queue().Commit({.order = leased.order,
                         .settles = std::nullopt,
                         .issued = version,
                         .event = {},
                         .due_in = std::nullopt}));
    return Read(placed.id);
  }
  Order IssueOneWithPlan() { return IssueWithPlan(Issue()); }
  LeasedRenewal LeaseRenewal() {
    auto leased = Must(renewals().LeaseRenewals({.owner = "replica-1"})).renewals;
    if (leased.size() != 1) throw std::runtime_error("not one plan was due");
    return std::move(leased.front());
  }
  bool NoPlanIsDue() {
    return Must(renewals().LeaseRenewals({.owner = "replica-2"})).renewals.empty();
  }
  std::optional<RenewalPlan> PlanOn(const Order& order) {
    return Must(certificates().Get(order.certificate, std::nullopt)).current()->renewal;
  }
};

TEST_P(RenewalQueueSuite, AnIssuedCertificateHasItsPlan) {
  const Order order = IssueOneWithPlan();

  EXPECT_EQ(PlanOn(order), PlanOf());
}

TEST_P(RenewalQueueSuite, ALeaseBringsWhatTheQuestionNeeds) {
  const Order order = IssueOneWithPlan();

  const LeasedRenewal leased = LeaseRenewal();

  EXPECT_EQ(leased.order, order.id);
  EXPECT_EQ(leased.certificate, order.certificate);
  EXPECT_EQ(leased.agent, order.agent);
  EXPECT_EQ(leased.account, order.account);
  EXPECT_EQ(leased.not_after, VersionFor(order).not_after);
  EXPECT_EQ(leased.plan, PlanOf());
}

TEST_P(RenewalQueueSuite, WhatTheCaSaidIsKept) {
  const Order order = IssueOneWithPlan();
  const LeasedRenewal leased = LeaseRenewal();
  RenewalPlan plan = leased.plan;
  plan.source = WindowSource::kCa;
  plan.window = {kStart + 1h, kStart + 2h};
  plan.chosen = kStart + 90min;
  plan.explanation_url = "https://ca.test/why";
  plan.failures = 2;
  plan.next_poll = kStart + 24h * 20'000;

  Must(renewals().Commit({.order = order.id, .fence = leased.fence, .plan = plan}));

  EXPECT_EQ(PlanOn(order), plan);
}

TEST_P(RenewalQueueSuite, APlanWithoutAQuestionIsNeverDue) {
  const Order order = IssueOneWithPlan();
  const LeasedRenewal leased = LeaseRenewal();
  RenewalPlan plan = leased.plan;
  plan.next_poll.reset();
  Must(renewals().Commit({.order = order.id, .fence = leased.fence, .plan = plan}));
  Advance(24h);

  EXPECT_TRUE(NoPlanIsDue());
  EXPECT_EQ(PlanOn(order), plan);
}

TEST_P(RenewalQueueSuite, LeaseIsExclusiveUntilItEnds) {
  const Order order = IssueOneWithPlan();
  const LeasedRenewal first = LeaseRenewal();
  EXPECT_TRUE(NoPlanIsDue());
  Advance(31s);

  const LeasedRenewal second = LeaseRenewal();

  EXPECT_GT(second.fence, first.fence);
  EXPECT_THAT(renewals().Commit({.order = order.id, .fence = first.fence, .plan = first.plan}),
              IsError(Reason::kLeaseLost));
}

TEST_P(RenewalQueueSuite, AReplacedVersionIsNotAskedAbout) {
  const Order first = IssueOneWithPlan();
  const LeasedRenewal leased = LeaseRenewal();
  const Order second = IssueWithPlan(Renew(first.certificate), PlanOf("aki.next"));

  EXPECT_THAT(renewals().Commit({.order = first.id, .fence = leased.fence, .plan = leased.plan}),
              IsError(Reason::kLeaseLost));
  EXPECT_EQ(LeaseRenewal().order, second.id);
  const auto certificate = Must(certificates().Get(first.certificate, std::nullopt));
  EXPECT_FALSE(certificate.versions.back().renewal.has_value());
}

TEST_P(RenewalQueueSuite, ARevokedVersionIsNotAskedAbout) {
  const Order order = IssueOneWithPlan();
  Must(certificates().RequestRevocation({.id = NewId<RevocationId>(),
                                         .certificate = order.certificate,
                                         .sha256 = std::nullopt,
                                         .reason = RevocationReason::kSuperseded},
                                        order.agent, NewRequest()));
  const auto leased = Must(revocations().LeaseRevocations({.owner = "replica-1"}));
  RevocationCommit revoked;
  revoked.id = leased.revocations.front().revocation.id;
  revoked.fence = leased.revocations.front().fence;
  revoked.state = RevocationState::kRevoked;
  Must(revocations().Commit(revoked));

  EXPECT_TRUE(NoPlanIsDue());
  EXPECT_FALSE(PlanOn(order).has_value());
}

TEST_P(RenewalQueueSuite, GivenBackLeasesAreDueAtOnce) {
  const Order order = IssueOneWithPlan();
  LeaseRenewal();

  Must(queue().Release("replica-1"));

  EXPECT_EQ(LeaseRenewal().order, order.id);
}

INSTANTIATE_TEST_SUITE_P(Stores, RenewalQueueSuite, ::testing::Values(TestedStore()),
                         NameOfBackend);

}  // namespace
}  // namespace certbroker
