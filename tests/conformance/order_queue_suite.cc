// tests/conformance/order_queue_suite.cc: what every OrderQueue does: leases, fences, steps, wakes.
#include "tests/conformance/store_fixture.h"

namespace certbroker {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class OrderQueueSuite : public StoreSuite {
 protected:
  // Three orders that do not stand in each other's way, oldest first.
  std::vector<OrderId> IssueThree() {
    std::vector<OrderId> ids;
    for (const char* name : {"a.example.org", "b.example.org", "c.example.org"}) {
      ids.push_back(Issue({.names = {name}}).id);
      Advance(10ms);
    }
    return ids;
  }
};

TEST_P(OrderQueueSuite, LeaseIsExclusive) {
  const Order order = Issue();

  EXPECT_EQ(LeaseOne("replica-1").order.id, order.id);
  EXPECT_THAT(Must(queue().Lease({.owner = "replica-2"})).orders, IsEmpty());
}

TEST_P(OrderQueueSuite, ExpiredLeaseComesBackWithAHigherFence) {
  Issue();
  const LeasedOrder first = LeaseOne("replica-1");
  Advance(29s);
  EXPECT_TRUE(NothingIsDue());
  Advance(2s);

  const LeasedOrder second = LeaseOne("replica-2");

  EXPECT_EQ(second.order.id, first.order.id);
  EXPECT_GT(second.order.fence, first.order.fence);
}

TEST_P(OrderQueueSuite, LongestDueComesFirstUpToTheLimit) {
  const auto ids = IssueThree();

  EXPECT_THAT(LeaseIds(2), ElementsAre(ids[0], ids[1]));
  EXPECT_THAT(LeaseIds(2), ElementsAre(ids[2]));
}

TEST_P(OrderQueueSuite, LeaseTellsWhenTheNextFallsDue) {
  EXPECT_EQ(Must(queue().Lease({.owner = "r"})).next_due_in, std::nullopt);
  Issue({.names = {"a.example.org"}});
  Order order = LeaseOne().order;
  Must(Commit(order, 20s));

  const auto next = Must(queue().Lease({.owner = "r"})).next_due_in;

  ASSERT_TRUE(next.has_value());
  EXPECT_GT(*next, 10s);
  EXPECT_LE(*next, 20s);
  Advance(21s);
  Issue({.names = {"b.example.org"}});
  EXPECT_EQ(Must(queue().Lease({.owner = "r", .limit = 1})).next_due_in, 0ms);  // one was left over
  Must(queue().Lease({.owner = "r", .limit = 1}));
  const auto lease_end = Must(queue().Lease({.owner = "r"})).next_due_in;
  ASSERT_TRUE(lease_end.has_value());  // whoever holds it may die
  EXPECT_GT(*lease_end, 20s);
}

TEST_P(OrderQueueSuite, CommitStoresWhatTheMachineMoves) {
  Issue({.names = {"a.example.org", "*.a.example.org"}});
  Order order = LeaseOne().order;
  order.state = OrderState::kPresenting;
  order.held_by = HeldBy::kCaUnavailable;
  order.order_url = Url("/order/1");
  order.finalize_url = Url("/order/1/finalize");
  order.certificate_url = Url("/cert/1");
  order.expires = order.create_time + 168h + 250ms;
  order.polls = 3;
  order.failures = 2;
  order.failure = Error(Reason::kCaRateLimited, "slow down: \"5\\6\", {please}")
                      .RetryAfter(17s)
                      .With({"a.example.org", Reason::kCaRejectedIdentifier, "no, \"never\""})
                      .With({"*.a.example.org", Reason::kCaCaaForbids, ""});
  order.authorizations = {Challenge("a.example.org", "tok-1", Presentation::kWanted),
                          Challenge("b.example.org", "tok-2", Presentation::kNone)};
  order.authorizations[0].wildcard = true;
  order.authorizations[0].status = AuthorizationStatus::kValid;
  order.authorizations[0].expires = order.create_time + 24h;
  order.authorizations[0].responded = true;
  order.authorizations[1] = {};
  order.authorizations[1].url = Url("/authz/2");  // not read yet

  Must(Commit(order, 10s));
  const Order stored = Read(order.id);

  EXPECT_EQ(stored.state, order.state);
  EXPECT_EQ(stored.held_by, order.held_by);
  EXPECT_EQ(stored.order_url, order.order_url);
  EXPECT_EQ(stored.finalize_url, order.finalize_url);
  EXPECT_EQ(stored.certificate_url, order.certificate_url);
  EXPECT_EQ(stored.expires, order.expires);
  EXPECT_EQ(stored.polls, 3);
  EXPECT_EQ(stored.failures, 2);
  EXPECT_EQ(stored.failure, order.failure);
  EXPECT_EQ(stored.authorizations, order.authorizations);
  EXPECT_TRUE(stored.next_attempt_time.has_value());
  EXPECT_EQ(stored.fence, order.fence);
}

TEST_P(OrderQueueSuite, StateTimeIsSinceTheStateBegan) {
  const Time created = Issue().state_time;
  Order order = LeaseOne().order;
  Must(Commit(order, std::nullopt));
  EXPECT_EQ(Read(order.id).state_time, created);

  Advance(5s);
  order.state = OrderState::kPlaced;
  Must(Commit(order, std::nullopt));
  // The database's clock moved relative to the row, or the row relative to the clock.
  EXPECT_NE(Read(order.id).state_time, created);
}

TEST_P(OrderQueueSuite, CommitWithoutDueKeepsTheLease) {
  Issue();
  OrderCommit commit;
  commit.order = LeaseOne().order;
  Advance(20s);
  commit.lease = 30s;
  Must(queue().Commit(commit));

  Advance(20s);
  EXPECT_TRUE(NothingIsDue());  // extended
  Must(queue().Commit(commit));
  Advance(31s);
  EXPECT_EQ(LeaseIds().size(), 1U);
}

TEST_P(OrderQueueSuite, CommitWithDueGivesTheLeaseBack) {
  Issue();
  Must(Commit(LeaseOne().order, 10s));
  EXPECT_TRUE(NothingIsDue());
  Advance(11s);

  Must(Commit(LeaseOne().order, 0ms));
  EXPECT_EQ(LeaseIds().size(), 1U);
}

TEST_P(OrderQueueSuite, LateCommitIsDropped) {
  Issue();
  Order late = LeaseOne("replica-1").order;
  Advance(31s);
  const Order taken = LeaseOne("replica-2").order;

  late.state = OrderState::kPlaced;
  late.order_url = Url("/order/late");

  EXPECT_THAT(Commit(late, std::nullopt), IsError(Reason::kLeaseLost));
  EXPECT_EQ(Read(late.id).state, OrderState::kQueued);
  EXPECT_TRUE(Read(late.id).order_url.empty());
  EXPECT_THAT(Commit(taken, std::nullopt), IsOk());
}

TEST_P(OrderQueueSuite, LateFactIsKept) {
  Issue();
  const Order late = LeaseOne("replica-1").order;
  const Intent intent = {.url = Url("/new-order"), .jws = R"({"payload":"\u0000 \\"})"};
  const IntentId id = Must(queue().RecordIntent(late, intent, ""));
  Advance(31s);
  LeaseOne("replica-2");

  OrderCommit commit;
  commit.order = late;
  commit.settles = {.intent = id,
                    .fact = Fact{.http_status = 201,
                                 .location = "https://ca.test/order/1",
                                 .body = std::string("{\0\xff\n\\}", 6)}};
  EXPECT_THAT(queue().Commit(commit), IsError(Reason::kLeaseLost));
  Advance(31s);

  const auto open = LeaseOne("replica-2").open_intent;
  ASSERT_TRUE(open.has_value());
  EXPECT_EQ(open->id, id);
  EXPECT_EQ(open->intent.action, SignaturePurpose::kNewOrder);
  EXPECT_EQ(open->intent.url, intent.url);
  EXPECT_EQ(open->intent.jws, intent.jws);
  EXPECT_GE(open->age, 62s);
  ASSERT_TRUE(open->fact.has_value());
  EXPECT_EQ(open->fact->http_status, 201);
  EXPECT_EQ(open->fact->location, "https://ca.test/order/1");
  EXPECT_EQ(open->fact->body, commit.settles->fact->body);
}

TEST_P(OrderQueueSuite, TheFirstFactStands) {
  Issue();
  OrderCommit commit;
  commit.order = LeaseOne().order;
  const IntentId id =
      Must(queue().RecordIntent(commit.order, {.url = Url("/new-order"), .jws = "1"}, ""));
  Advance(31s);
  LeaseOne("replica-2");
  for (const int status : {201, 400}) {
    commit.settles = {.intent = id,
                      .fact = Fact{.http_status = status, .location = "", .body = ""}};
    EXPECT_THAT(queue().Commit(commit), IsError(Reason::kLeaseLost));
  }
  Advance(31s);

  EXPECT_EQ(LeaseOne().open_intent->fact->http_status, 201);
}

TEST_P(OrderQueueSuite, AnIntentIsOpenUntilItIsSettled) {
  Issue();
  OrderCommit commit;
  commit.order = LeaseOne().order;
  const IntentId id =
      Must(queue().RecordIntent(commit.order, {.url = Url("/new-order"), .jws = "1"}, ""));
  commit.due_in = 0ms;
  Must(queue().Commit(commit));  // says nothing about the intent
  const LeasedOrder again = LeaseOne();
  ASSERT_TRUE(again.open_intent.has_value());
  EXPECT_FALSE(again.open_intent->fact.has_value());

  commit.order = again.order;
  commit.settles = {.intent = id, .fact = std::nullopt};  // nobody will ever know
  Must(queue().Commit(commit));

  EXPECT_FALSE(LeaseOne().open_intent.has_value());
}

// Whoever signs anew has learned what became of the request before, or has waited long enough.
TEST_P(OrderQueueSuite, AnIntentSettlesTheOnesBeforeIt) {
  Issue();
  OrderCommit commit;
  commit.order = LeaseOne().order;
  const Intent first = {.url = Url("/new-order"), .jws = "1"};
  const Intent second = {
      .action = SignaturePurpose::kFinalize, .url = Url("/finalize"), .jws = "2"};
  const IntentId first_id = Must(queue().RecordIntent(commit.order, first, ""));
  const IntentId second_id = Must(queue().RecordIntent(commit.order, second, ""));
  EXPECT_NE(first_id, second_id);
  commit.due_in = 0ms;
  Must(queue().Commit(commit));
  LeasedOrder leased = LeaseOne();
  EXPECT_EQ(leased.open_intent->id, second_id);
  EXPECT_EQ(leased.open_intent->intent.action, SignaturePurpose::kFinalize);

  commit.order = leased.order;
  commit.settles = {.intent = second_id, .fact = std::nullopt};
  Must(queue().Commit(commit));

  EXPECT_FALSE(LeaseOne().open_intent.has_value());
}

TEST_P(OrderQueueSuite, TheSameBytesAreOneIntent) {
  Issue({.names = {"a.example.org"}});
  const Order a = LeaseOne().order;
  Issue({.names = {"b.example.org"}});
  const Order b = LeaseOne().order;
  const Intent intent = {.url = Url("/new-order"), .jws = "the same"};

  const IntentId id = Must(queue().RecordIntent(a, intent, ""));

  EXPECT_EQ(Must(queue().RecordIntent(a, intent, "")), id);
  EXPECT_NE(Must(queue().RecordIntent(b, intent, "")), id);
}

TEST_P(OrderQueueSuite, RecordingAnIntentWritesTheOrder) {
  Issue();
  Order order = LeaseOne().order;
  order.state = OrderState::kFinalizing;
  order.polls = 7;

  Must(queue().RecordIntent(
      order, {.action = SignaturePurpose::kFinalize, .url = Url("/finalize"), .jws = "1"},
      "the CSR is sent"));

  EXPECT_EQ(Must(orders().Events(order.id)).back().message, "the CSR is sent");
  EXPECT_EQ(Must(orders().Events(order.id)).back().state, OrderState::kFinalizing);
  EXPECT_EQ(Read(order.id).state, OrderState::kFinalizing);
  EXPECT_EQ(Read(order.id).polls, 7);
  EXPECT_TRUE(NothingIsDue());  // the lease goes on
}

TEST_P(OrderQueueSuite, RecordingAnIntentNeedsTheLease) {
  Issue();
  const Order late = LeaseOne("replica-1").order;
  Advance(31s);
  LeaseOne("replica-2");

  EXPECT_THAT(queue().RecordIntent(late, {.url = Url("/new-order"), .jws = "1"}, ""),
              IsError(Reason::kLeaseLost));
  Advance(31s);
  EXPECT_FALSE(LeaseOne().open_intent.has_value());
}

TEST_P(OrderQueueSuite, WakeMakesAnOrderDue) {
  Issue();
  const Order order = LeaseOne().order;
  Must(Commit(order, 1h));
  EXPECT_TRUE(NothingIsDue());

  Must(queue().Wake(order.id));

  EXPECT_THAT(LeaseIds(), ElementsAre(order.id));
}

TEST_P(OrderQueueSuite, WakeWhileLeasedIsNotLost) {
  Issue();
  Order order = LeaseOne().order;
  Must(queue().Wake(order.id));
  EXPECT_TRUE(NothingIsDue());
  Must(Commit(order, std::nullopt));  // goes on under its lease: still remembered

  Must(Commit(order, 1h));

  order = LeaseOne().order;
  Must(Commit(order, 1h));  // remembered once, not for ever
  EXPECT_TRUE(NothingIsDue());
}

TEST_P(OrderQueueSuite, WakeBeforeALeaseIsSeenByItsHolder) {
  Issue();
  Order order = LeaseOne().order;
  Must(queue().Wake(order.id));
  Advance(31s);  // the holder died

  order = LeaseOne().order;
  Must(Commit(order, 1h));

  EXPECT_TRUE(NothingIsDue());
}

TEST_P(OrderQueueSuite, WakeDoesNotShortenWhatTheCaSaid) {
  Issue();
  OrderCommit commit;
  commit.order = LeaseOne().order;
  Must(queue().Wake(commit.order.id));  // while it is leased
  commit.due_in = 60s;
  commit.wakeable = false;
  Must(queue().Commit(commit));
  EXPECT_TRUE(NothingIsDue());

  Must(queue().Wake(commit.order.id));  // while it waits
  EXPECT_TRUE(NothingIsDue());

  Advance(61s);
  EXPECT_EQ(LeaseIds().size(), 1U);
}

TEST_P(OrderQueueSuite, WakingWhatIsNotThereOrOverIsNothing) {
  const Order done = IssueCompletely();

  EXPECT_THAT(queue().Wake(done.id), IsOk());
  EXPECT_THAT(queue().Wake(NewId<OrderId>()), IsOk());
  EXPECT_TRUE(NothingIsDue());
}

TEST_P(OrderQueueSuite, ReleaseGivesBackTheOwnersLeases) {
  Issue({.names = {"a.example.org"}});
  Order mine = LeaseOne("replica-1").order;
  Issue({.names = {"b.example.org"}});
  LeaseOne("replica-2");

  Must(queue().Release("replica-1"));

  // What it still writes counts, until somebody else takes the lease.
  mine.polls = 1;
  Must(Commit(mine, 0ms));
  EXPECT_THAT(LeaseIds(), ElementsAre(mine.id));
}

TEST_P(OrderQueueSuite, OneOrderPerNameSetInFlight) {
  const TestApproval same = {.names = {"x.example.org", "y.example.org"}};
  const Order first = Issue(same);
  const Order second = Issue(same);
  const Order third = Issue({.agent = "spiffe://example.org/agent/web-02", .names = same.names});
  const Order other = Issue({.names = {"x.example.org"}});

  EXPECT_EQ(second.held_by, HeldBy::kSameNames);
  EXPECT_EQ(Read(third.id).held_by, HeldBy::kSameNames);
  EXPECT_THAT(LeaseIds(), ::testing::UnorderedElementsAre(first.id, other.id));
  Must(queue().Wake(second.id));
  EXPECT_TRUE(NothingIsDue());
}

TEST_P(OrderQueueSuite, TheSlotIsPassedOnInOrder) {
  const Order first = Issue();
  const Order second = Issue();
  const Order third = Issue();

  EXPECT_EQ(FinishDueOrder().id, first.id);
  EXPECT_EQ(Read(second.id).held_by, HeldBy::kNothing);
  EXPECT_EQ(Read(third.id).held_by, HeldBy::kSameNames);
  Must(orders().Cancel(second.id, std::nullopt, NewRequest()));
  EXPECT_EQ(FinishDueOrder().id, third.id);
  EXPECT_EQ(Must(orders().Events(third.id)).size(), 2U);  // accepted, and that its turn came

  Issue();
  EXPECT_EQ(LeaseIds().size(), 1U);
}

TEST_P(OrderQueueSuite, AWaitingOrderCanBeCancelled) {
  const Order first = Issue();
  const Order second = Issue();
  const Order third = Issue();

  Must(orders().Cancel(second.id, std::nullopt, NewRequest()));
  FinishDueOrder();

  EXPECT_EQ(FinishDueOrder().id, third.id);
  EXPECT_EQ(Read(first.id).state, OrderState::kIssued);
}

TEST_P(OrderQueueSuite, AnotherAccountsOrderDoesNotWait) {
  MakeAccount("second");
  const Order first = Issue();
  NewOrder order = IssueWith(AccountName("issuers/test-ca/accounts/second"));

  const Order second = Must(orders().Create(MakeApproval(), order, NewRequest()));

  EXPECT_EQ(second.held_by, HeldBy::kNothing);
  EXPECT_EQ(LeaseIds().size(), 2U);
}

TEST_P(OrderQueueSuite, TerminalStateIsNeverLeft) {
  for (const OrderState end : {OrderState::kIssued, OrderState::kFailed, OrderState::kCancelled}) {
    SCOPED_TRACE(ToString(end));
    Issue();
    Order order = LeaseOne().order;
    order.state = end;
    if (end == OrderState::kFailed) order.failure = Error(Reason::kCaRejected, "no");
    Must(Commit(order, 10s));
    EXPECT_TRUE(Read(order.id).end_time.has_value());
    EXPECT_FALSE(Read(order.id).next_attempt_time.has_value());

    order.state = OrderState::kReady;
    EXPECT_THAT(Commit(order, 0ms), IsError(Reason::kLeaseLost));

    EXPECT_EQ(Read(order.id).state, end);
    Advance(1h);
    EXPECT_TRUE(NothingIsDue());
  }
}

TEST_P(OrderQueueSuite, NothingGoesBackwards) {
  Issue();
  Order order = LeaseOne().order;
  order.state = OrderState::kReady;
  Must(Commit(order, std::nullopt));

  order.state = OrderState::kPlaced;
  EXPECT_THAT(Commit(order, std::nullopt), IsError(Reason::kInternal));
  EXPECT_EQ(Read(order.id).state, OrderState::kReady);
}

TEST_P(OrderQueueSuite, IssuedStoresTheCertificate) {
  Issue({.names = {"a.example.org", "b.example.org"}});
  OrderCommit commit;
  commit.order = LeaseOne().order;
  commit.order.state = OrderState::kIssued;
  commit.issued = VersionFor(commit.order);
  Must(queue().Commit(commit));

  const auto certificate = Must(certificates().Get(commit.order.certificate, std::nullopt));

  EXPECT_EQ(certificate.latest_order_state, OrderState::kIssued);
  ASSERT_EQ(certificate.versions.size(), 1U);
  const CertificateVersion& got = certificate.versions[0];
  const CertificateVersion& want = *commit.issued;
  EXPECT_EQ(got.order, want.order);
  EXPECT_EQ(got.account, want.account);
  EXPECT_EQ(got.serial, want.serial);
  EXPECT_EQ(got.subject, want.subject);
  EXPECT_EQ(got.issuer_name, want.issuer_name);
  EXPECT_EQ(got.names, want.names);
  EXPECT_EQ(got.not_before, want.not_before);
  EXPECT_EQ(got.not_after, want.not_after);
  EXPECT_EQ(got.sha256, want.sha256);
  EXPECT_EQ(got.spki_sha256, want.spki_sha256);
  EXPECT_EQ(got.chain_pem, want.chain_pem);
  EXPECT_FALSE(got.revocation.has_value());
}

TEST_P(OrderQueueSuite, AnotherOrdersCertificateIsRefused) {
  const Order first = IssueCompletely({.names = {"a.example.org"}});
  Issue({.names = {"b.example.org"}});
  OrderCommit commit;
  commit.order = LeaseOne().order;
  commit.order.state = OrderState::kIssued;
  commit.issued = VersionFor(commit.order);
  commit.issued->sha256 = VersionFor(first).sha256;

  EXPECT_THAT(queue().Commit(commit), IsError(Reason::kCaBadAnswer));
  EXPECT_EQ(Read(commit.order.id).state, OrderState::kQueued);
}

TEST_P(OrderQueueSuite, OrderUrlBelongsToOneOrder) {
  Issue({.names = {"a.example.org"}});
  Order first = LeaseOne().order;
  first.order_url = Url("/order/1");
  Must(Commit(first, std::nullopt));
  Issue({.names = {"b.example.org"}});
  Order second = LeaseOne().order;

  second.order_url = Url("/order/1");

  EXPECT_THAT(Commit(second, std::nullopt), IsError(Reason::kCaBadAnswer));
  EXPECT_TRUE(Read(second.id).order_url.empty());
  second.order_url = Url("/order/2");
  EXPECT_THAT(Commit(second, std::nullopt), IsOk());
}

// A CA hands out the same pending order again when the same names are asked for again. That is
// harmless as long as no CSR can have been sent to it.
TEST_P(OrderQueueSuite, UrlOfAnEndedOrderMayComeAgainUnlessACsrWasSent) {
  for (const bool csr_sent : {false, true}) {
    SCOPED_TRACE(csr_sent);
    const HttpsUrl url = Url(csr_sent ? "/order/1" : "/order/2");
    Issue();
    Order ended = LeaseOne().order;
    ended.order_url = url;
    const auto action = csr_sent ? SignaturePurpose::kFinalize : SignaturePurpose::kNewOrder;
    Must(queue().RecordIntent(ended, {.action = action, .url = url, .jws = "1"}, ""));
    ended.state = OrderState::kFailed;
    ended.failure = Error(Reason::kChallengeAgentOffline, "gone");
    Must(Commit(ended, std::nullopt));
    Issue();
    Order again = LeaseOne().order;

    again.order_url = url;
    const auto committed = Commit(again, std::nullopt);

    if (csr_sent) {
      EXPECT_THAT(committed, IsError(Reason::kCaBadAnswer));
    } else {
      EXPECT_THAT(committed, IsOk());
      again.state = OrderState::kCancelled;
      Must(Commit(again, std::nullopt));
    }
  }
}

TEST_P(OrderQueueSuite, WhatTheAgentReportedMeanwhileIsKept) {
  Order order = Present("tok", 0ms);
  order = LeaseOne().order;
  Must(board().Report(order.agent, order.id, "tok", ChallengeOutcome::kFailed, "port in use"));

  order.authorizations[0].status = AuthorizationStatus::kUnknown;
  ASSERT_EQ(order.authorizations[0].presentation, Presentation::kWanted);  // as it was read
  Must(Commit(order, std::nullopt));

  const Authorization stored = Read(order.id).authorizations[0];
  EXPECT_EQ(stored.status, AuthorizationStatus::kUnknown);
  EXPECT_EQ(stored.presentation, Presentation::kFailed);
  EXPECT_EQ(stored.presentation_error, "port in use");
}

TEST_P(OrderQueueSuite, AnEndedOrderTakesItsChallengesDown) {
  Order order = Present("tok", 0ms);
  Must(board().Report(order.agent, order.id, "tok", ChallengeOutcome::kServing, ""));
  order = LeaseOne().order;
  order.state = OrderState::kFailed;
  order.failure = Error(Reason::kCaOrderInvalid, "no");
  Must(Commit(order, std::nullopt));

  EXPECT_EQ(Read(order.id).authorizations[0].presentation, Presentation::kUnwanted);
}

INSTANTIATE_TEST_SUITE_P(Stores, OrderQueueSuite, ::testing::Values(TestedStore()), NameOfBackend);

}  // namespace
}  // namespace certbroker
