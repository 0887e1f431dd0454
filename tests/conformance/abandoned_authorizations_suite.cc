// tests/conformance/abandoned_authorizations_suite.cc: what every AbandonedAuthorizations does.
#include "tests/conformance/store_fixture.h"

namespace certbroker {
namespace {

class AbandonedSuite : public StoreSuite {
 protected:
  // An order that waits for its agent, and then fails.
  Order FailWhilePresenting(const std::string& token) {
    Order order = Present(token, 0ms);
    order = LeaseOne().order;
    order.state = OrderState::kFailed;
    order.failure = Error(Reason::kCaRejected, "no");
    Must(Commit(order, std::nullopt));
    return order;
  }
  std::vector<AbandonedAuthorization> Lease() {
    return Must(abandoned().LeaseAbandoned({.owner = "replica-1", .limit = 10})).authorizations;
  }
  AbandonedAuthorization LeaseOnly() {
    auto leased = Lease();
    if (leased.size() != 1) throw std::runtime_error("not one authorization was due");
    return std::move(leased.front());
  }
};

TEST_P(AbandonedSuite, WhatAFailedOrderLeftPendingIsDueAfterAWhile) {
  const Order order = FailWhilePresenting("token-1");
  EXPECT_THAT(Lease(), ::testing::IsEmpty()) << "the same names may be asked for again";
  Advance(11s);

  const AbandonedAuthorization abandoned = LeaseOnly();

  EXPECT_EQ(abandoned.order, order.id);
  EXPECT_EQ(abandoned.account, account());
  EXPECT_EQ(abandoned.url, order.authorizations.at(0).url);
  EXPECT_FALSE(abandoned.in_use);
}

TEST_P(AbandonedSuite, ACancelledOrderLeavesThemToo) {
  const Order order = Present("token-1");
  Must(orders().Cancel(order.id, std::nullopt, NewRequest()));
  Advance(11s);

  EXPECT_EQ(LeaseOnly().order, order.id);
}

TEST_P(AbandonedSuite, AnIssuedOrderLeavesNone) {
  Present("token-1", 0ms);
  Order order = LeaseOne().order;
  order.state = OrderState::kReady;
  Must(Commit(order, 0ms));
  FinishDueOrder();
  Advance(11s);

  EXPECT_THAT(Lease(), ::testing::IsEmpty());
}

TEST_P(AbandonedSuite, ProvenNamesAreKept) {
  Present("token-1", 0ms);
  Order order = LeaseOne().order;
  order.authorizations.at(0).status = AuthorizationStatus::kValid;
  order.state = OrderState::kFailed;
  order.failure = Error(Reason::kCaRejected, "no");
  Must(Commit(order, std::nullopt));
  Advance(11s);

  EXPECT_THAT(Lease(), ::testing::IsEmpty());
}

TEST_P(AbandonedSuite, AnAttemptThatWasGivenUpLeavesThemAtItsAccount) {
  Present("token-1", 0ms);
  Order order = LeaseOne().order;
  const HttpsUrl url = order.authorizations.at(0).url;
  order.state = OrderState::kQueued;
  ++order.attempt;
  order.order_url = {};
  order.authorizations.clear();
  Must(Commit(order, 0ms));
  Advance(11s);
  EXPECT_THAT(Lease(), ::testing::IsEmpty()) << "the next attempt is just being placed";
  order = LeaseOne().order;
  order.state = OrderState::kReady;
  order.order_url = Url("/order/second");
  Must(Commit(order, 60s));

  EXPECT_EQ(LeaseOnly().url, url);
}

// CAs hand the same pending order to who asks for the same names again.
TEST_P(AbandonedSuite, WhatANewOrderUsesIsInUse) {
  FailWhilePresenting("token-1");
  Present("token-1");
  Advance(11s);

  EXPECT_TRUE(LeaseOnly().in_use);
}

TEST_P(AbandonedSuite, AnOutcomeIsTheEndOfIt) {
  FailWhilePresenting("token-1");
  Advance(11s);
  const AbandonedAuthorization first = LeaseOnly();
  Must(abandoned().Commit({.authorization = first, .outcome = "", .due_in = 10s}));
  EXPECT_THAT(Lease(), ::testing::IsEmpty());
  Advance(11s);

  const AbandonedAuthorization second = LeaseOnly();
  EXPECT_THAT(abandoned().Commit({.authorization = first, .outcome = "deactivated"}),
              IsError(Reason::kLeaseLost));
  Must(abandoned().Commit({.authorization = second, .outcome = "deactivated"}));
  Advance(24h);
  EXPECT_THAT(Lease(), ::testing::IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Stores, AbandonedSuite, ::testing::Values(TestedStore()), NameOfBackend);

}  // namespace
}  // namespace certbroker
