// tests/conformance/challenge_board_suite.cc: what every ChallengeBoard does.
#include "tests/conformance/store_fixture.h"

namespace certbroker {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class ChallengeBoardSuite : public StoreSuite {
 protected:
  Result<void> Report(const Order& order, ChallengeOutcome outcome,
                      const std::string& detail = {}) {
    return board().Report(order.agent, order.id, order.authorizations[0].token, outcome, detail);
  }
  Presentation PresentationOf(const Order& order) {
    return Read(order.id).authorizations[0].presentation;
  }
  // Brings the challenge of `order` there, as machine and agent would.
  void Bring(const Order& order, Presentation presentation) {
    if (presentation == Presentation::kServing) Must(Report(order, ChallengeOutcome::kServing));
    if (presentation == Presentation::kFailed) Must(Report(order, ChallengeOutcome::kFailed));
    if (presentation == Presentation::kUnwanted || presentation == Presentation::kRemoved) {
      Must(queue().Wake(order.id));
      OrderCommit commit;
      commit.order = LeaseOne().order;
      commit.order.authorizations[0].presentation = Presentation::kUnwanted;
      commit.due_in = 1h;
      Must(queue().Commit(commit));
    }
    if (presentation == Presentation::kRemoved) Must(Report(order, ChallengeOutcome::kRemoved));
    if (!NothingIsDue()) Must(Commit(Read(order.id), 1h));
    EXPECT_EQ(PresentationOf(order), presentation);
  }
};

TEST_P(ChallengeBoardSuite, TheAgentIsToldWhatToServe) {
  const Order order = Present("tok-1");

  const auto tasks = Must(board().TasksFor(order.agent));

  ASSERT_THAT(tasks, SizeIs(1));
  EXPECT_EQ(tasks[0].order, order.id);
  EXPECT_EQ(tasks[0].name, "tok-1.example.org");
  EXPECT_EQ(tasks[0].token, "tok-1");
  EXPECT_EQ(tasks[0].key_authorization, "tok-1.thumbprint");
  EXPECT_FALSE(tasks[0].remove);
  EXPECT_THAT(Must(board().TasksFor(AgentId("spiffe://example.org/agent/other"))), IsEmpty());
}

TEST_P(ChallengeBoardSuite, WhatIsDoneIsNotAskedForAgain) {
  const Order order = Present("tok");
  Must(Report(order, ChallengeOutcome::kServing));
  EXPECT_THAT(Must(board().TasksFor(order.agent)), IsEmpty());

  Bring(order, Presentation::kUnwanted);
  const auto tasks = Must(board().TasksFor(order.agent));
  ASSERT_THAT(tasks, SizeIs(1));
  EXPECT_TRUE(tasks[0].remove);

  Must(Report(order, ChallengeOutcome::kRemoved));
  EXPECT_THAT(Must(board().TasksFor(order.agent)), IsEmpty());
}

TEST_P(ChallengeBoardSuite, AReportMovesTheChallengeAndWakesTheOrder) {
  using enum Presentation;
  struct Case {
    Presentation before;
    ChallengeOutcome report;
    Presentation after;
    bool wakes;
    const char* why;
  };
  const Case cases[] = {
      {kWanted, ChallengeOutcome::kServing, kServing, true, "the CA can be told to look"},
      {kWanted, ChallengeOutcome::kFailed, kFailed, true, "the order can say why"},
      {kWanted, ChallengeOutcome::kHit, kWanted, true, "the first fetch"},
      {kServing, ChallengeOutcome::kServing, kServing, false, "nothing new"},
      {kServing, ChallengeOutcome::kHit, kServing, true, "the CA's answer is near"},
      {kServing, ChallengeOutcome::kFailed, kFailed, true, "its listener died"},
      {kServing, ChallengeOutcome::kRemoved, kServing, false, "nobody asked for it"},
      {kFailed, ChallengeOutcome::kServing, kServing, true, "it works after all"},
      {kUnwanted, ChallengeOutcome::kServing, kUnwanted, false, "too late"},
      {kUnwanted, ChallengeOutcome::kHit, kUnwanted, false, "too late"},
      {kUnwanted, ChallengeOutcome::kRemoved, kRemoved, false, "done; nobody waits for it"},
      {kRemoved, ChallengeOutcome::kServing, kRemoved, false, "too late"},
  };
  int number = 0;
  for (const Case& c : cases) {
    SCOPED_TRACE(c.why);
    const Order order = Present("tok-" + std::to_string(++number));
    Bring(order, c.before);

    EXPECT_THAT(Report(order, c.report, "why"), IsOk());

    EXPECT_EQ(PresentationOf(order), c.after);
    EXPECT_EQ(!NothingIsDue(), c.wakes);
  }
}

TEST_P(ChallengeBoardSuite, OnlyTheFirstHitWakes) {
  const Order order = Present("tok");
  Must(Report(order, ChallengeOutcome::kHit));
  Must(Commit(LeaseOne().order, 1h));

  Must(Report(order, ChallengeOutcome::kHit));

  EXPECT_TRUE(NothingIsDue());
}

TEST_P(ChallengeBoardSuite, AReportIsNotLostOnAnOrderInWork) {
  Order order = Present("tok", 0ms);
  order = LeaseOne().order;

  Must(Report(order, ChallengeOutcome::kServing));
  EXPECT_TRUE(NothingIsDue());
  Must(Commit(order, 1h));

  EXPECT_EQ(LeaseOne().order.authorizations[0].presentation, Presentation::kServing);
}

TEST_P(ChallengeBoardSuite, AFailureKeepsItsReasonUntilItWorks) {
  const Order order = Present("tok");
  Must(Report(order, ChallengeOutcome::kFailed, "cannot bind port 80: \x1b[31m\xff"));
  EXPECT_EQ(Read(order.id).authorizations[0].presentation_error, "cannot bind port 80: ?[31m?");

  Must(Report(order, ChallengeOutcome::kServing, "ignored"));

  EXPECT_EQ(Read(order.id).authorizations[0].presentation_error, "");
}

TEST_P(ChallengeBoardSuite, AForeignOrUnknownTokenIsNotFound) {
  const Order order = Present("tok");
  const AgentId other("spiffe://example.org/agent/other");
  constexpr auto kServing = ChallengeOutcome::kServing;

  EXPECT_THAT(board().Report(other, order.id, "tok", kServing, ""), IsError(Reason::kNotFound));
  EXPECT_THAT(board().Report(order.agent, order.id, "nope", kServing, ""),
              IsError(Reason::kNotFound));
  EXPECT_THAT(board().Report(order.agent, order.id, "", kServing, ""), IsError(Reason::kNotFound));
  EXPECT_THAT(board().Report(order.agent, NewId<OrderId>(), "tok", kServing, ""),
              IsError(Reason::kNotFound));
  EXPECT_EQ(PresentationOf(order), Presentation::kWanted);
}

// A CA that hands the same pending order out again gives the same token.
TEST_P(ChallengeBoardSuite, OneTokenInTwoAttemptsIsTwoChallenges) {
  Present("tok", 0ms);
  Order order = LeaseOne().order;
  const Authorization wanted = order.authorizations.at(0);
  order.state = OrderState::kQueued;
  ++order.attempt;
  order.authorizations.clear();
  Must(Commit(order, 0ms));
  order = LeaseOne().order;
  order.state = OrderState::kPresenting;
  order.authorizations = {wanted};
  Must(Commit(order, 1h));

  Must(board().Report(order.agent, order.id, "tok", ChallengeOutcome::kServing, ""));
  EXPECT_EQ(PresentationOf(order), Presentation::kServing);
  ASSERT_THAT(Must(board().TasksFor(order.agent)), SizeIs(1));
  EXPECT_TRUE(Must(board().TasksFor(order.agent))[0].remove);

  Must(board().Report(order.agent, order.id, "tok", ChallengeOutcome::kRemoved, ""));
  EXPECT_EQ(PresentationOf(order), Presentation::kServing);
  EXPECT_THAT(Must(board().TasksFor(order.agent)), IsEmpty());
}

TEST_P(ChallengeBoardSuite, AReportOnAnEndedOrderIsTooLate) {
  const Order order = Present("tok");
  Must(orders().Cancel(order.id, std::nullopt, NewRequest()));

  EXPECT_THAT(Report(order, ChallengeOutcome::kServing), IsOk());

  EXPECT_EQ(PresentationOf(order), Presentation::kUnwanted);
  EXPECT_TRUE(NothingIsDue());
}

INSTANTIATE_TEST_SUITE_P(Stores, ChallengeBoardSuite, ::testing::Values(TestedStore()),
                         NameOfBackend);

}  // namespace
}  // namespace certbroker
