// tests/conformance/revocation_queue_suite.cc: what every RevocationQueue does.
#include "tests/conformance/store_fixture.h"

namespace certbroker {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class RevocationQueueSuite : public StoreSuite {
 protected:
  // An issued order whose certificate is asked to be revoked.
  Order RequestOne() {
    Order order = IssueCompletely();
    const NewRevocation revocation = {.id = NewId<RevocationId>(),
                                      .certificate = order.certificate,
                                      .sha256 = std::nullopt,
                                      .reason = RevocationReason::kSuperseded};
    Must(certificates().RequestRevocation(revocation, order.agent, NewRequest()));
    return order;
  }
  LeasedRevocation LeaseRevocation() {
    auto leased = Must(revocations().LeaseRevocations({.owner = "replica-1"})).revocations;
    if (leased.size() != 1) throw std::runtime_error("not one revocation was due");
    return std::move(leased.front());
  }
  bool NoRevocationIsDue() {
    return Must(revocations().LeaseRevocations({.owner = "replica-2"})).revocations.empty();
  }
  static RevocationCommit CommitOf(const LeasedRevocation& leased, RevocationState state) {
    RevocationCommit commit;
    commit.id = leased.revocation.id;
    commit.fence = leased.fence;
    commit.state = state;
    return commit;
  }
  Revocation RevocationOf(const Order& order) {
    return *Must(certificates().Get(order.certificate, std::nullopt)).current()->revocation;
  }
};

TEST_P(RevocationQueueSuite, ALeaseBringsWhatTheRequestNeeds) {
  const Order order = RequestOne();

  const LeasedRevocation leased = LeaseRevocation();

  EXPECT_EQ(leased.revocation.reason, RevocationReason::kSuperseded);
  EXPECT_EQ(leased.certificate, order.certificate);
  EXPECT_EQ(leased.issuer, order.issuer);
  EXPECT_EQ(leased.account, order.account);
  EXPECT_EQ(leased.chain_pem, VersionFor(order).chain_pem);
  EXPECT_EQ(leased.failures, 0);
  EXPECT_FALSE(leased.open_intent.has_value());
}

TEST_P(RevocationQueueSuite, LeaseIsExclusiveUntilItEnds) {
  RequestOne();
  const LeasedRevocation first = LeaseRevocation();
  EXPECT_TRUE(NoRevocationIsDue());
  Advance(31s);

  const LeasedRevocation second = LeaseRevocation();

  EXPECT_GT(second.fence, first.fence);
  EXPECT_THAT(revocations().Commit(CommitOf(first, RevocationState::kRevoked)),
              IsError(Reason::kLeaseLost));
  EXPECT_THAT(revocations().RecordIntent(first.revocation.id, first.fence,
                                         {.url = Url("/revoke"), .jws = "1"}),
              IsError(Reason::kLeaseLost));
}

TEST_P(RevocationQueueSuite, ATransientFailureComesBackLater) {
  const Order order = RequestOne();
  RevocationCommit commit = CommitOf(LeaseRevocation(), RevocationState::kRequested);
  commit.failure = Error(Reason::kCaUnavailable, "503");
  commit.failures = 1;
  commit.due_in = 10s;
  Must(revocations().Commit(commit));

  EXPECT_EQ(RevocationOf(order).failure, commit.failure);
  const auto none = Must(revocations().LeaseRevocations({.owner = "r"}));
  EXPECT_THAT(none.revocations, IsEmpty());
  ASSERT_TRUE(none.next_due_in.has_value());
  EXPECT_LE(*none.next_due_in, 10s);
  Advance(11s);
  EXPECT_EQ(LeaseRevocation().failures, 1);
}

TEST_P(RevocationQueueSuite, RevokedIsFinal) {
  const Order order = RequestOne();
  const LeasedRevocation leased = LeaseRevocation();
  Must(revocations().Commit(CommitOf(leased, RevocationState::kRevoked)));

  EXPECT_EQ(RevocationOf(order).state, RevocationState::kRevoked);
  EXPECT_TRUE(RevocationOf(order).revoke_time.has_value());
  EXPECT_THAT(revocations().Commit(CommitOf(leased, RevocationState::kRequested)),
              IsError(Reason::kLeaseLost));
  Advance(1h);
  EXPECT_TRUE(NoRevocationIsDue());
}

TEST_P(RevocationQueueSuite, AnIntentIsOpenUntilItIsSettled) {
  RequestOne();
  LeasedRevocation leased = LeaseRevocation();
  const Intent intent = {
      .action = SignaturePurpose::kRevokeCertificate, .url = Url("/revoke"), .jws = "1"};
  const IntentId id = Must(revocations().RecordIntent(leased.revocation.id, leased.fence, intent));
  EXPECT_EQ(Must(revocations().RecordIntent(leased.revocation.id, leased.fence, intent)), id);
  RevocationCommit commit = CommitOf(leased, RevocationState::kRequested);
  Must(revocations().Commit(commit));
  leased = LeaseRevocation();
  ASSERT_TRUE(leased.open_intent.has_value());
  EXPECT_EQ(leased.open_intent->intent.action, SignaturePurpose::kRevokeCertificate);
  EXPECT_EQ(leased.open_intent->intent.jws, "1");

  commit = CommitOf(leased, RevocationState::kRequested);
  commit.settles = {.intent = id, .fact = Fact{.http_status = 503, .location = "", .body = "busy"}};
  Must(revocations().Commit(commit));

  EXPECT_FALSE(LeaseRevocation().open_intent.has_value());
}

TEST_P(RevocationQueueSuite, LateFactIsKept) {
  RequestOne();
  const LeasedRevocation late = LeaseRevocation();
  const IntentId id = Must(revocations().RecordIntent(late.revocation.id, late.fence,
                                                      {.url = Url("/revoke"), .jws = "1"}));
  Advance(31s);
  LeaseRevocation();
  RevocationCommit commit = CommitOf(late, RevocationState::kRevoked);
  commit.settles = {.intent = id, .fact = Fact{.http_status = 200, .location = "", .body = ""}};

  EXPECT_THAT(revocations().Commit(commit), IsError(Reason::kLeaseLost));
  Advance(31s);

  const LeasedRevocation next = LeaseRevocation();
  ASSERT_TRUE(next.open_intent.has_value() && next.open_intent->fact.has_value());
  EXPECT_EQ(next.open_intent->fact->http_status, 200);
  EXPECT_EQ(next.revocation.state, RevocationState::kRequested);
}

TEST_P(RevocationQueueSuite, ReleaseGivesItsLeaseBack) {
  RequestOne();
  LeaseRevocation();
  EXPECT_TRUE(NoRevocationIsDue());

  Must(queue().Release("replica-1"));

  LeaseRevocation();
}

INSTANTIATE_TEST_SUITE_P(Stores, RevocationQueueSuite, ::testing::Values(TestedStore()),
                         NameOfBackend);

}  // namespace
}  // namespace certbroker
