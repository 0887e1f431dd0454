// tests/conformance/moving_on_suite.cc: what every store does with an order that moves on to
// another issuer.
#include "tests/conformance/store_fixture.h"

namespace certbroker {
namespace {

class MovingOnSuite : public StoreSuite {
 protected:
  MovingOnSuite() : other_(MakeAccount("other").name) {}

  Order IssueWithFallback() {
    NewOrder order = IssueWith(account());
    order.fallbacks = {other_};
    return Must(
        orders().Create(MakeApproval({.fallback_issuers = {"other-ca"}}), order, NewRequest()));
  }
  Order IssueAt(const AccountName& account) {
    return Must(orders().Create(MakeApproval(), IssueWith(account), NewRequest()));
  }
  Order MovedOn(Order order) const {
    order.state = OrderState::kQueued;
    ++order.attempt;
    order.issuer = IssuerId("other-ca");
    order.account = other_;
    order.fallbacks.clear();
    return order;
  }
  Result<void> MoveOn(const Order& order) { return Commit(MovedOn(order), 0ms); }

  const AccountName other_;
};

TEST_P(MovingOnSuite, FallbacksAreKept) {
  const Order order = IssueWithFallback();

  EXPECT_THAT(order.fallbacks, ::testing::ElementsAre(other_));
  EXPECT_THAT(Must(certificates().Get(order.certificate, std::nullopt)).fallback_issuers,
              ::testing::ElementsAre(IssuerId("other-ca")));
}

TEST_P(MovingOnSuite, TheOrderIsAtTheOtherAccountThen) {
  const Order order = IssueWithFallback();

  Must(MoveOn(LeaseOne().order));

  const Order moved = LeaseOne().order;
  EXPECT_EQ(moved.id, order.id);
  EXPECT_EQ(moved.issuer, IssuerId("other-ca"));
  EXPECT_EQ(moved.account, other_);
  EXPECT_THAT(moved.fallbacks, ::testing::IsEmpty());
  EXPECT_EQ(moved.attempt, 1);
}

TEST_P(MovingOnSuite, ItsOldPlaceGoesToTheNext) {
  const Order first = IssueWithFallback();
  const Order second = IssueAt(account());
  ASSERT_EQ(second.held_by, HeldBy::kSameNames);

  Must(MoveOn(LeaseOne().order));

  EXPECT_THAT(LeaseIds(), ::testing::UnorderedElementsAre(first.id, second.id));
}

TEST_P(MovingOnSuite, ItWaitsForItsPlaceThere) {
  const Order there = IssueAt(other_);
  LeasedOrder blocking = LeaseOne("replica-2");
  const Order order = IssueWithFallback();

  Must(MoveOn(LeaseOne().order));

  EXPECT_TRUE(NothingIsDue());
  EXPECT_EQ(Read(order.id).held_by, HeldBy::kSameNames);
  blocking.order.state = OrderState::kFailed;
  blocking.order.failure = Error(Reason::kCaRejected, "no");
  Must(Commit(blocking.order, std::nullopt));
  EXPECT_EQ(LeaseOne().order.id, order.id);
}

// dns-account-01: the record's name is made from the account that put it up (I13).
TEST_P(MovingOnSuite, WhatWasPutUpBeforeComesDownForTheAccountThatPutItUp) {
  IssueWithFallback();
  Order order = LeaseOne().order;
  order.state = OrderState::kPresenting;
  Authorization record = Challenge("www.example.org", "token-1", Presentation::kWanted);
  record.challenge_type = ChallengeType::kDnsAccount01;
  record.solver = "corp-dns";
  order.authorizations = {record};
  Must(Commit(order, 0ms));
  order = LeaseOne().order;
  order.authorizations.clear();
  Must(MoveOn(order));

  const auto leased = Must(challenges().LeaseChallenges({.owner = "replica-1"})).challenges;

  ASSERT_EQ(leased.size(), 1U);
  EXPECT_EQ(leased[0].presentation, Presentation::kUnwanted);
  EXPECT_EQ(leased[0].account, account());
}

TEST_P(MovingOnSuite, FallbackAccountsMustBeValid) {
  NewOrder order = IssueWith(account());
  order.fallbacks = {AccountName("issuers/test-ca/accounts/none")};

  EXPECT_THAT(orders().Create(MakeApproval(), order, NewRequest()),
              IsError(Reason::kAccountNotReady));
}

TEST_P(MovingOnSuite, OnlyToAFallback) {
  IssueWithFallback();
  Order stranger = MovedOn(LeaseOne().order);
  stranger.account = MakeAccount("stranger").name;

  EXPECT_THAT(Commit(stranger, 0ms), IsError(Reason::kInternal));
}

TEST_P(MovingOnSuite, OnlyToBeginAgain) {
  IssueWithFallback();
  const Order order = LeaseOne().order;
  Order same_attempt = MovedOn(order);
  same_attempt.attempt = order.attempt;
  Order placed = MovedOn(order);
  placed.state = OrderState::kPlaced;

  EXPECT_THAT(Commit(same_attempt, 0ms), IsError(Reason::kInternal));
  EXPECT_THAT(Commit(placed, 0ms), IsError(Reason::kInternal));
}

TEST_P(MovingOnSuite, NeverWhenTheCsrMayHaveBeenSent) {
  IssueWithFallback();
  Order order = LeaseOne().order;
  order.state = OrderState::kFinalizing;
  Must(queue().RecordIntent(
      order, {.action = SignaturePurpose::kFinalize, .url = Url("/f"), .jws = "1"}, ""));

  EXPECT_THAT(MoveOn(order), IsError(Reason::kInternal));
}

// What was sent to one CA must never be sent again to another.
TEST_P(MovingOnSuite, WhatWasSentBeforeIsSettled) {
  IssueWithFallback();
  const Order order = LeaseOne().order;
  Must(queue().RecordIntent(
      order, {.action = SignaturePurpose::kNewOrder, .url = Url("/new"), .jws = "1"}, ""));

  Must(MoveOn(order));

  EXPECT_FALSE(LeaseOne().open_intent.has_value());
}

INSTANTIATE_TEST_SUITE_P(Stores, MovingOnSuite, ::testing::Values(TestedStore()), NameOfBackend);

}  // namespace
}  // namespace certbroker
