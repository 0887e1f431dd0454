// tests/conformance/order_store_suite.cc: what every OrderStore does.
#include "tests/conformance/store_fixture.h"

namespace certbroker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class OrderStoreSuite : public StoreSuite {
 protected:
  std::vector<OrderId> ListIds(const OrderFilter& filter, const PageRequest& page = {}) {
    std::vector<OrderId> ids;
    for (const Order& order : Must(orders().List(filter, page)).items) ids.push_back(order.id);
    return ids;
  }
};

TEST_P(OrderStoreSuite, ANewOrderHoldsWhatWasApproved) {
  const TestApproval approval = {.agent = "spiffe://example.org/agent/db-1",
                                 .profile = "shortlived",
                                 .names = {"b.example.org", "*.a.example.org"},
                                 .csr_der = {0x00, 0xFF, 0x5C, 0x27}};
  const NewOrder wanted = IssueWith(account());
  const RequestKey request = NewRequest(approval.agent);

  const Order order = Must(orders().Create(MakeApproval(approval), wanted, request));

  EXPECT_EQ(order.id, wanted.id);
  EXPECT_EQ(order.kind, OrderKind::kIssue);
  EXPECT_EQ(order.agent, AgentId(approval.agent));
  EXPECT_EQ(order.certificate, wanted.certificate);
  EXPECT_EQ(order.request_id, request.id);
  EXPECT_EQ(order.issuer, IssuerId("test-ca"));
  EXPECT_EQ(order.account, account());
  EXPECT_EQ(order.profile, "shortlived");
  EXPECT_THAT(order.names, ElementsAre(Name("*.a.example.org"), Name("b.example.org")));
  EXPECT_EQ(order.csr_der, approval.csr_der);
  EXPECT_EQ(order.policy_version, "v1");
  EXPECT_EQ(order.policy_rule, "web");
  EXPECT_EQ(order.state, OrderState::kQueued);
  EXPECT_EQ(order.held_by, HeldBy::kNothing);
  EXPECT_THAT(order.authorizations, IsEmpty());
  EXPECT_EQ(order.fence, Fence{0});
  EXPECT_TRUE(order.next_attempt_time.has_value());
  EXPECT_FALSE(order.end_time.has_value());
  EXPECT_THAT(LeaseIds(), ElementsAre(order.id));
}

TEST_P(OrderStoreSuite, IssuingMakesTheManagedCertificate) {
  const Order order = Issue({.profile = "p", .names = {"x.example.org"}});

  const auto certificate = Must(certificates().Get(order.certificate, order.agent));

  EXPECT_EQ(certificate.agent, order.agent);
  EXPECT_EQ(certificate.issuer, order.issuer);
  EXPECT_EQ(certificate.profile, "p");
  EXPECT_EQ(certificate.names, order.names);
  EXPECT_EQ(certificate.latest_order, order.id);
  EXPECT_EQ(certificate.latest_order_state, OrderState::kQueued);
  EXPECT_THAT(certificate.versions, IsEmpty());
}

TEST_P(OrderStoreSuite, SameRequestIdGivesSameOrder) {
  const RequestKey request = NewRequest();
  const Order first = Must(orders().Create(MakeApproval(), IssueWith(account()), request));

  const Order second = Must(orders().Create(MakeApproval(), IssueWith(account()), request));

  EXPECT_EQ(second.id, first.id);
  EXPECT_THAT(ListIds({}), ElementsAre(first.id));
  EXPECT_EQ(Must(orders().Events(first.id)).size(), 1U);
}

TEST_P(OrderStoreSuite, SameRequestIdWithOtherBodyIsRefused) {
  const RequestKey request = NewRequest();
  Must(orders().Create(MakeApproval(), IssueWith(account()), request));

  RequestKey other_body = request;
  other_body.body.push_back(0);
  RequestKey other_method = request;
  other_method.method = "RenewCertificate";

  for (const RequestKey& other : {other_body, other_method}) {
    EXPECT_THAT(orders().Create(MakeApproval(), IssueWith(account()), other),
                IsError(Reason::kDuplicateRequestId));
  }
}

TEST_P(OrderStoreSuite, ARequestIdBelongsToItsCaller) {
  const RequestKey request = NewRequest();
  const Order mine = Must(orders().Create(MakeApproval(), IssueWith(account()), request));
  RequestKey same_id_of_another = request;
  same_id_of_another.caller = CallerId("spiffe://example.org/agent/web-02");

  const Order other =
      Must(orders().Create(MakeApproval({.agent = "spiffe://example.org/agent/web-02"}),
                           IssueWith(account()), same_id_of_another));

  EXPECT_NE(other.id, mine.id);
}

TEST_P(OrderStoreSuite, TheAccountMustBeValid) {
  MakeAccount("pending", AccountState::kPending);
  MakeAccount("failed", AccountState::kFailed);

  for (const std::string_view id : {"absent", "pending", "failed"}) {
    const AccountName name("issuers/test-ca/accounts/" + std::string(id));
    EXPECT_THAT(orders().Create(MakeApproval(), IssueWith(name), NewRequest()),
                IsError(Reason::kAccountNotReady))
        << id;
  }
  EXPECT_THAT(ListIds({}), IsEmpty());
}

TEST_P(OrderStoreSuite, ARefusedRequestMayBeTriedAgain) {
  const RequestKey request = NewRequest();
  const AccountName absent("issuers/test-ca/accounts/late");
  EXPECT_THAT(orders().Create(MakeApproval(), IssueWith(absent), request),
              IsError(Reason::kAccountNotReady));
  MakeAccount("late");

  EXPECT_THAT(orders().Create(MakeApproval(), IssueWith(absent), request), IsOk());
}

TEST_P(OrderStoreSuite, RenewIsTheNextOrderOfTheCertificate) {
  const Order first = IssueCompletely();

  const Order second = Renew(first.certificate);

  EXPECT_EQ(second.kind, OrderKind::kRenew);
  EXPECT_EQ(second.certificate, first.certificate);
  EXPECT_EQ(Must(certificates().Get(first.certificate, std::nullopt)).latest_order, second.id);
}

TEST_P(OrderStoreSuite, RenewNeedsACertificateOfTheAgent) {
  const Order first = IssueCompletely();
  NewOrder renewal = IssueWith(account());
  renewal.kind = OrderKind::kRenew;

  EXPECT_THAT(orders().Create(MakeApproval(), renewal, NewRequest()), IsError(Reason::kNotFound));
  renewal.certificate = first.certificate;
  EXPECT_THAT(orders().Create(MakeApproval({.agent = "spiffe://example.org/agent/other"}), renewal,
                              NewRequest()),
              IsError(Reason::kNotFound));
}

TEST_P(OrderStoreSuite, RenewWaitsForTheOrderUnderWay) {
  const Order first = Issue();
  NewOrder renewal = IssueWith(account());
  renewal.kind = OrderKind::kRenew;
  renewal.certificate = first.certificate;

  EXPECT_THAT(orders().Create(MakeApproval(), renewal, NewRequest()),
              IsError(Reason::kOrderInProgress));
  FinishDueOrder();
  EXPECT_THAT(orders().Create(MakeApproval(), renewal, NewRequest()), IsOk());
}

TEST_P(OrderStoreSuite, ForeignOrderIsNotFound) {
  const Order order = Issue();
  const AgentId other("spiffe://example.org/agent/other");

  EXPECT_THAT(orders().Get(order.id, order.agent), IsOk());
  EXPECT_THAT(orders().Get(order.id, other), IsError(Reason::kNotFound));
  EXPECT_THAT(orders().Get(NewId<OrderId>(), other), IsError(Reason::kNotFound));
  EXPECT_THAT(orders().Cancel(order.id, other, NewRequest(other.ToString())),
              IsError(Reason::kNotFound));
  EXPECT_EQ(Read(order.id).state, OrderState::kQueued);
}

TEST_P(OrderStoreSuite, ListIsNewestFirstInPages) {
  std::vector<OrderId> newest_first;
  for (int i = 0; i < 5; ++i) {
    newest_first.insert(newest_first.begin(),
                        Issue({.names = {"n" + std::to_string(i) + ".example.org"}}).id);
  }

  std::vector<OrderId> seen;
  PageRequest page = {.size = 2, .token = ""};
  int pages = 0;
  do {
    const auto got = Must(orders().List({}, page));
    for (const Order& order : got.items) seen.push_back(order.id);
    page.token = got.next_token;
    ++pages;
  } while (!page.token.empty());

  EXPECT_EQ(seen, newest_first);
  EXPECT_EQ(pages, 3);
}

TEST_P(OrderStoreSuite, ListKeepsToItsFilter) {
  const Order mine = IssueCompletely({.names = {"a.example.org"}});
  const Order renewal = Renew(mine.certificate, {.names = {"a.example.org"}});
  const Order other =
      Issue({.agent = "spiffe://example.org/agent/other", .names = {"b.example.org"}});

  EXPECT_THAT(ListIds({}), ElementsAre(other.id, renewal.id, mine.id));
  EXPECT_THAT(ListIds({.agent = mine.agent, .certificate = std::nullopt}),
              ElementsAre(renewal.id, mine.id));
  EXPECT_THAT(ListIds({.agent = std::nullopt, .certificate = other.certificate}),
              ElementsAre(other.id));
  EXPECT_THAT(
      ListIds({.agent = mine.agent, .certificate = mine.certificate, .unfinished_only = true}),
      ElementsAre(renewal.id));
}

TEST_P(OrderStoreSuite, AForeignPageTokenIsRefused) {
  for (int i = 0; i < 3; ++i) Issue({.names = {"n" + std::to_string(i) + ".example.org"}});
  const std::string token = Must(orders().List({}, {.size = 1, .token = ""})).next_token;

  EXPECT_THAT(orders().List({.agent = AgentId("spiffe://other"), .certificate = std::nullopt},
                            {.size = 1, .token = token}),
              IsError(Reason::kInvalidArgument));
  EXPECT_THAT(orders().List({}, {.size = 1, .token = "garbage"}),
              IsError(Reason::kInvalidArgument));
  EXPECT_THAT(certificates().List({}, {.size = 1, .token = token}),
              IsError(Reason::kInvalidArgument));
}

TEST_P(OrderStoreSuite, PageSizesAreClamped) {
  for (int i = 0; i < 3; ++i) Issue({.names = {"n" + std::to_string(i) + ".example.org"}});

  EXPECT_EQ(ListIds({}, {.size = 0, .token = ""}).size(), 1U);
  EXPECT_EQ(ListIds({}, {.size = 1'000'000, .token = ""}).size(), 3U);
}

TEST_P(OrderStoreSuite, HistoryIsOldestFirst) {
  const Order order = Issue();
  OrderCommit commit;
  commit.order = LeaseOne().order;
  commit.order.state = OrderState::kPlaced;
  commit.event = "The CA has the order.";
  Must(queue().Commit(commit));
  commit.event = "";  // nothing to tell: no line
  Must(queue().Commit(commit));

  const auto events = Must(orders().Events(order.id));

  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].state, OrderState::kQueued);
  EXPECT_EQ(events[1].state, OrderState::kPlaced);
  EXPECT_EQ(events[1].message, "The CA has the order.");
  EXPECT_LE(events[0].time, events[1].time);
}

TEST_P(OrderStoreSuite, CancelEndsTheOrder) {
  const Order order = Issue();

  const Order cancelled = Must(orders().Cancel(order.id, order.agent, NewRequest()));

  EXPECT_EQ(cancelled.state, OrderState::kCancelled);
  EXPECT_TRUE(cancelled.end_time.has_value());
  EXPECT_FALSE(cancelled.next_attempt_time.has_value());
  EXPECT_EQ(Must(orders().Events(order.id)).back().state, OrderState::kCancelled);
  EXPECT_TRUE(NothingIsDue());
}

TEST_P(OrderStoreSuite, CancelIsOnceByRequestId) {
  const Order order = Issue();
  const RequestKey request = NewRequest();
  Must(orders().Cancel(order.id, order.agent, request));

  EXPECT_EQ(Must(orders().Cancel(order.id, order.agent, request)).state, OrderState::kCancelled);
  EXPECT_EQ(Must(orders().Events(order.id)).size(), 2U);
  EXPECT_THAT(orders().Cancel(order.id, order.agent, NewRequest()), IsError(Reason::kOrderFinal));
}

TEST_P(OrderStoreSuite, CancelTakesTheLeaseAway) {
  Issue();
  LeasedOrder leased = LeaseOne();
  Must(orders().Cancel(leased.order.id, std::nullopt, NewRequest("operator:local")));

  leased.order.state = OrderState::kPlaced;
  EXPECT_THAT(Commit(leased.order, std::nullopt), IsError(Reason::kLeaseLost));
  EXPECT_THAT(queue().RecordIntent(leased.order, {.url = Url("/new-order"), .jws = "x"}, ""),
              IsError(Reason::kLeaseLost));
  EXPECT_EQ(Read(leased.order.id).state, OrderState::kCancelled);
}

TEST_P(OrderStoreSuite, OnlyWhatCannotHaveBeenIssuedCanBeCancelled) {
  for (const OrderStateTraits& traits : AllOrderStates()) {
    if (traits.terminal) continue;
    SCOPED_TRACE(traits.name);
    const Order order = Issue();
    Order leased = LeaseOne().order;
    leased.state = traits.state;
    Must(Commit(leased, 1h));

    const auto cancelled = orders().Cancel(order.id, order.agent, NewRequest());

    if (traits.cancellable) {
      EXPECT_THAT(cancelled, IsOk());
    } else {
      EXPECT_THAT(cancelled, IsError(Reason::kOrderFinal));
      Advance(1h);
      FinishDueOrder();  // makes way for the next order of these names
    }
  }
}

TEST_P(OrderStoreSuite, CancelTakesChallengesDown) {
  const Order order = Present("tok");

  const Order cancelled = Must(orders().Cancel(order.id, order.agent, NewRequest()));

  EXPECT_EQ(cancelled.authorizations.at(0).presentation, Presentation::kUnwanted);
  const auto tasks = Must(board().TasksFor(order.agent));
  ASSERT_EQ(tasks.size(), 1U);
  EXPECT_TRUE(tasks[0].remove);
}

INSTANTIATE_TEST_SUITE_P(Stores, OrderStoreSuite, ::testing::Values(TestedStore()), NameOfBackend);

}  // namespace
}  // namespace certbroker
