// tests/conformance/challenge_queue_suite.cc: what every ChallengeQueue does.
#include "tests/conformance/store_fixture.h"

namespace certbroker {
namespace {

class ChallengeQueueSuite : public StoreSuite {
 protected:
  // An order that waits for "corp-dns" to put a record up.
  Order PresentByDns(const std::string& token = "tok") {
    TestApproval approval;
    approval.names = {token + ".example.org"};
    Issue(approval);
    Order order = LeaseOne().order;
    order.state = OrderState::kPresenting;
    order.held_by = HeldBy::kSolver;
    order.authorizations = {Challenge(approval.names[0], token, Presentation::kWanted)};
    order.authorizations[0].challenge_type = ChallengeType::kDns01;
    order.authorizations[0].solver = "corp-dns";
    Must(Commit(order, 1h));
    return Read(order.id);
  }
  std::vector<LeasedChallenge> LeaseChallenges() {
    return Must(challenges().LeaseChallenges({.owner = "replica-1", .limit = 10})).challenges;
  }
  LeasedChallenge LeaseTheChallenge() {
    auto leased = LeaseChallenges();
    if (leased.size() != 1) throw std::runtime_error("not exactly one challenge is due");
    return leased.front();
  }
  Result<void> Say(const LeasedChallenge& leased, Presentation presentation,
                   std::chrono::milliseconds due_in = 0ms) {
    ChallengeCommit commit;
    commit.key = leased.key;
    commit.fence = leased.fence;
    commit.presentation = presentation;
    commit.error = presentation == Presentation::kFailed ? "zone is gone" : "";
    commit.failures = leased.failures + (presentation == leased.presentation ? 1 : 0);
    if (presentation == Presentation::kSpreading) commit.spread_for = 2min;
    commit.due_in = due_in;
    return challenges().CommitChallenge(commit);
  }
  Presentation PresentationOf(const Order& order) {
    return Read(order.id).authorizations[0].presentation;
  }
  // The machine does not want it any more.
  void GiveUp(const Order& order) {
    Must(queue().Wake(order.id));
    OrderCommit commit;
    commit.order = LeaseOne().order;
    commit.order.state = OrderState::kFailed;
    commit.order.failure = Error(Reason::kChallengeFailed, "no");
    Must(queue().Commit(commit));
  }
};

TEST_P(ChallengeQueueSuite, ASolverIsToldWhatToPutUp) {
  const Order order = PresentByDns();

  const LeasedChallenge leased = LeaseTheChallenge();

  EXPECT_EQ(leased.key.order, order.id);
  EXPECT_EQ(leased.presentation, Presentation::kWanted);
  EXPECT_EQ(leased.type, ChallengeType::kDns01);
  EXPECT_EQ(leased.solver, "corp-dns");
  EXPECT_EQ(leased.name, "tok.example.org");
  EXPECT_EQ(leased.token, "tok");
  EXPECT_EQ(leased.key_authorization, "tok.thumbprint");
  EXPECT_EQ(leased.account, account());
  EXPECT_EQ(leased.failures, 0);
}

TEST_P(ChallengeQueueSuite, AnAgentsChallengeIsNoSolversWork) {
  const Order order = Present("tok");
  EXPECT_TRUE(LeaseChallenges().empty());
  EXPECT_EQ(Must(board().TasksFor(order.agent)).size(), 1U);
}

TEST_P(ChallengeQueueSuite, ASolversChallengeIsNoAgentsTask) {
  const Order order = PresentByDns();
  EXPECT_TRUE(Must(board().TasksFor(order.agent)).empty());
  EXPECT_THAT(board().Report(order.agent, order.id, "tok", ChallengeOutcome::kServing, ""),
              IsError(Reason::kNotFound));
}

TEST_P(ChallengeQueueSuite, WhatIsLeasedIsNotLeasedAgainBeforeItsTime) {
  PresentByDns();
  LeaseTheChallenge();
  EXPECT_TRUE(LeaseChallenges().empty());
  Advance(31s);
  EXPECT_EQ(LeaseChallenges().size(), 1U);
}

TEST_P(ChallengeQueueSuite, ALostLeaseChangesNothing) {
  const Order order = PresentByDns();
  const LeasedChallenge late = LeaseTheChallenge();
  Advance(31s);
  LeaseTheChallenge();
  EXPECT_THAT(Say(late, Presentation::kServing), IsError(Reason::kLeaseLost));
  EXPECT_EQ(PresentationOf(order), Presentation::kWanted);
}

TEST_P(ChallengeQueueSuite, ServingWakesTheOrder) {
  const Order order = PresentByDns();
  ASSERT_TRUE(NothingIsDue());
  Must(Say(LeaseTheChallenge(), Presentation::kServing));
  EXPECT_EQ(PresentationOf(order), Presentation::kServing);
  EXPECT_FALSE(NothingIsDue());
  EXPECT_TRUE(LeaseChallenges().empty());
}

TEST_P(ChallengeQueueSuite, FailingWakesTheOrderAndSaysWhy) {
  const Order order = PresentByDns();
  Must(Say(LeaseTheChallenge(), Presentation::kFailed));
  EXPECT_EQ(PresentationOf(order), Presentation::kFailed);
  EXPECT_EQ(Read(order.id).authorizations[0].presentation_error, "zone is gone");
  EXPECT_FALSE(NothingIsDue());
}

TEST_P(ChallengeQueueSuite, WhatIsNotDoneIsTriedAgainAfterItsPause) {
  PresentByDns();
  Must(Say(LeaseTheChallenge(), Presentation::kWanted, 10s));
  EXPECT_TRUE(LeaseChallenges().empty());
  Advance(11s);
  EXPECT_EQ(LeaseTheChallenge().failures, 1);
}

TEST_P(ChallengeQueueSuite, SpreadingHasAnEndThatIsSetOnce) {
  PresentByDns();
  Must(Say(LeaseTheChallenge(), Presentation::kSpreading));
  const LeasedChallenge first = LeaseTheChallenge();
  ASSERT_TRUE(first.spread_until.has_value());
  Must(Say(first, Presentation::kSpreading));
  EXPECT_EQ(LeaseTheChallenge().spread_until, first.spread_until);
}

// I13.
TEST_P(ChallengeQueueSuite, WhatIsUpComesDownWhenTheOrderEnds) {
  const Order order = PresentByDns();
  Must(Say(LeaseTheChallenge(), Presentation::kServing));
  GiveUp(order);

  const LeasedChallenge down = LeaseTheChallenge();
  EXPECT_EQ(down.presentation, Presentation::kUnwanted);
  Must(Say(down, Presentation::kUnwanted, 10s));
  EXPECT_TRUE(LeaseChallenges().empty());
  Advance(11s);
  Must(Say(LeaseTheChallenge(), Presentation::kRemoved));
  Advance(24h);
  EXPECT_TRUE(LeaseChallenges().empty());
  EXPECT_EQ(PresentationOf(order), Presentation::kRemoved);
}

TEST_P(ChallengeQueueSuite, WhatIsPutUpTooLateComesDownAtOnce) {
  const Order order = PresentByDns();
  const LeasedChallenge leased = LeaseTheChallenge();
  GiveUp(order);
  Must(Say(leased, Presentation::kServing));
  EXPECT_EQ(PresentationOf(order), Presentation::kUnwanted);
  EXPECT_EQ(LeaseTheChallenge().presentation, Presentation::kUnwanted);
}

TEST_P(ChallengeQueueSuite, AnOrderThatBeginsAgainLeavesItsOldRecordsToBeTakenDown) {
  const Order order = PresentByDns();
  Must(Say(LeaseTheChallenge(), Presentation::kServing));
  Order again = LeaseOne().order;
  again.state = OrderState::kQueued;
  again.attempt = 1;
  again.failed_challenges = {{"tok.example.org", ChallengeType::kDns01, "corp-dns"}};
  again.order_url = HttpsUrl();
  again.authorizations.clear();
  Must(Commit(again, 0ms));

  const Order read = Read(order.id);
  EXPECT_EQ(read.attempt, 1);
  EXPECT_EQ(read.failed_challenges, again.failed_challenges);
  EXPECT_TRUE(read.authorizations.empty());
  const LeasedChallenge down = LeaseTheChallenge();
  EXPECT_EQ(down.presentation, Presentation::kUnwanted);
  EXPECT_EQ(down.key.attempt, 0);
  Must(Say(down, Presentation::kRemoved));

  Order placed = LeaseOne().order;
  placed.state = OrderState::kPresenting;
  placed.authorizations = {Challenge("tok.example.org", "tok-2", Presentation::kWanted)};
  Must(Commit(placed, 1h));
  EXPECT_EQ(Read(order.id).authorizations.size(), 1U);
  EXPECT_EQ(Must(board().TasksFor(order.agent)).size(), 1U);
}

TEST_P(ChallengeQueueSuite, AnOrderWhoseCsrWasSentDoesNotBeginAgain) {
  Issue();
  Order order = LeaseOne().order;
  order.state = OrderState::kFinalizing;
  Must(queue().RecordIntent(order, {SignaturePurpose::kFinalize, Url("/finalize"), "jws"},
                            "the CSR is sent"));
  order.state = OrderState::kQueued;
  order.attempt = 1;
  EXPECT_THAT(Commit(order, 0ms), IsError(Reason::kInternal));
}

TEST_P(ChallengeQueueSuite, OneThatIsAnswerableAtOnceIsNobodysWork) {
  TestApproval approval;
  Issue(approval);
  Order order = LeaseOne().order;
  order.state = OrderState::kPresenting;
  order.authorizations = {Challenge(approval.names[0], "tok", Presentation::kServing)};
  order.authorizations[0].solver = std::string(kResponderSolver);
  Must(Commit(order, 1h));
  EXPECT_EQ(PresentationOf(order), Presentation::kServing);
  EXPECT_TRUE(LeaseChallenges().empty());
}

INSTANTIATE_TEST_SUITE_P(Stores, ChallengeQueueSuite, ::testing::Values(TestedStore()),
                         NameOfBackend);

}  // namespace
}  // namespace certbroker
