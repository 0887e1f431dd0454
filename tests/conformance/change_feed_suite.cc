// tests/conformance/change_feed_suite.cc: what every ChangeFeed tells, and about which calls.
#include "tests/conformance/heard_hints.h"
#include "tests/conformance/store_fixture.h"

namespace certbroker {
namespace {

class ChangeFeedSuite : public StoreSuite {
 protected:
  using Subscriptions = std::vector<std::unique_ptr<ChangeFeed::Subscription>>;
  Subscriptions SubscribeToAll() {
    Subscriptions all;
    all.push_back(feed().Subscribe(Channel::kWork, heard_.On("work")));
    all.push_back(feed().Subscribe(Channel::kOrder, heard_.On("order")));
    all.push_back(feed().Subscribe(Channel::kCertificate, heard_.On("certificate")));
    all.push_back(feed().Subscribe(Channel::kChallenge, heard_.On("challenge")));
    all.push_back(feed().Subscribe(Channel::kAccount, heard_.On("account")));
    return all;
  }
  HeardHints heard_;
};

TEST_P(ChangeFeedSuite, ANewOrderIsTold) {
  const auto subscriptions = SubscribeToAll();

  const Order order = Issue();

  EXPECT_TRUE(heard_.Hears("work "));
  EXPECT_TRUE(heard_.Hears("order " + order.id.ToString()));
  EXPECT_TRUE(heard_.Hears("certificate " + order.certificate.ToString()));
}

TEST_P(ChangeFeedSuite, AStepIsTold) {
  const auto subscriptions = SubscribeToAll();
  const Order order = Present("tok");
  EXPECT_TRUE(heard_.Hears("challenge " + order.agent.ToString()));
  heard_.Clear();

  Must(board().Report(order.agent, order.id, "tok", ChallengeOutcome::kServing, ""));
  EXPECT_TRUE(heard_.Hears("order " + order.id.ToString()));
  EXPECT_TRUE(heard_.Hears("work "));
  heard_.Clear();

  FinishDueOrder();
  EXPECT_TRUE(heard_.Hears("order " + order.id.ToString()));
  EXPECT_TRUE(heard_.Hears("certificate " + order.certificate.ToString()));
  EXPECT_TRUE(heard_.Hears("challenge " + order.agent.ToString()));  // to be taken down
}

TEST_P(ChangeFeedSuite, WhateverMakesWorkDueIsTold) {
  Issue();
  const Order second = Issue();  // waits for the first
  const auto subscriptions = SubscribeToAll();
  Order order = LeaseOne().order;

  Must(Commit(order, 0ms));
  EXPECT_TRUE(heard_.Hears("work "));
  order = LeaseOne().order;
  Must(queue().Wake(order.id));
  heard_.Clear();
  Must(Commit(order, 1h));  // woken meanwhile
  EXPECT_TRUE(heard_.Hears("work "));
  heard_.Clear();
  Must(orders().Cancel(order.id, std::nullopt, NewRequest()));
  EXPECT_TRUE(heard_.Hears("work "));  // for the second
  EXPECT_TRUE(heard_.Hears("order " + second.id.ToString()));
  order = LeaseOne().order;
  heard_.Clear();
  Must(queue().Release("replica-1"));
  EXPECT_TRUE(heard_.Hears("work "));
}

TEST_P(ChangeFeedSuite, AccountsAndRevocationsAreTold) {
  const auto subscriptions = SubscribeToAll();
  MakeAccount("second", AccountState::kPending);
  EXPECT_TRUE(heard_.Hears("account issuers/test-ca/accounts/second"));
  EXPECT_TRUE(heard_.Hears("work "));
  const Order order = IssueCompletely();
  heard_.Clear();

  const NewRevocation revocation = {.id = NewId<RevocationId>(),
                                    .certificate = order.certificate,
                                    .sha256 = std::nullopt,
                                    .reason = RevocationReason::kUnspecified};
  Must(certificates().RequestRevocation(revocation, order.agent, NewRequest()));

  EXPECT_TRUE(heard_.Hears("work "));
  EXPECT_TRUE(heard_.Hears("certificate " + order.certificate.ToString()));
}

TEST_P(ChangeFeedSuite, ARefusedCallTellsNothing) {
  const Order order = IssueCompletely();
  const auto subscriptions = SubscribeToAll();

  EXPECT_FALSE(orders().Cancel(order.id, std::nullopt, NewRequest()));
  const Order next = Issue();  // hints keep their order: after this one nothing is on its way

  EXPECT_TRUE(heard_.Hears("certificate " + next.certificate.ToString()));
  EXPECT_LE(heard_.count(), 3);
}

TEST_P(ChangeFeedSuite, AfterALostConnectionEverybodyIsToldToLook) {
  const auto subscriptions = SubscribeToAll();

  harness().BreakFeed();

  for (const char* channel : {"work ", "order ", "certificate ", "challenge ", "account "}) {
    EXPECT_TRUE(heard_.Hears(channel)) << channel;
  }
  const Order order = Issue();
  EXPECT_TRUE(heard_.Hears("order " + order.id.ToString()));
}

TEST_P(ChangeFeedSuite, AnEndedSubscriptionHearsNothing) {
  auto ended = feed().Subscribe(Channel::kOrder, heard_.On("ended"));
  const auto lasting = feed().Subscribe(Channel::kOrder, heard_.On("order"));
  ended.reset();

  const Order order = Issue();

  EXPECT_TRUE(heard_.Hears("order " + order.id.ToString()));
  EXPECT_EQ(heard_.count(), 1);
}

TEST_P(ChangeFeedSuite, AListenerMayEndItsOwnSubscription) {
  std::unique_ptr<ChangeFeed::Subscription> own;
  const auto note = heard_.On("once");
  own = feed().Subscribe(Channel::kOrder, [&](const std::string& payload) {
    own.reset();
    note(payload);
  });

  const Order first = Issue({.names = {"a.example.org"}});
  EXPECT_TRUE(heard_.Hears("once " + first.id.ToString()));
  const auto lasting = feed().Subscribe(Channel::kOrder, heard_.On("order"));
  const Order second = Issue({.names = {"b.example.org"}});

  EXPECT_TRUE(heard_.Hears("order " + second.id.ToString()));
  // Not counted: who subscribes while a hint is handed round may hear that one, too.
  EXPECT_FALSE(heard_.HasHeard("once " + second.id.ToString()));
}

INSTANTIATE_TEST_SUITE_P(Stores, ChangeFeedSuite, ::testing::Values(TestedStore()), NameOfBackend);

}  // namespace
}  // namespace certbroker
