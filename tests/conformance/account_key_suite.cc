// tests/conformance/account_key_suite.cc: what every AccountStore does about the roll-over of an
// account's key, and what an OrderQueue does meanwhile.
#include "tests/conformance/store_fixture.h"

namespace certbroker {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class AccountKeySuite : public StoreSuite {
 protected:
  static AccountKey KeyNamed(const std::string& name) {
    return {.uri = "pkcs11:token=certbroker;object=" + name,
            .algorithm = "ES384",
            .thumbprint = "thumbprint-of-" + name,
            .label = "acme/" + name};
  }
  RolloverKeys To(const std::string& name) {
    AccountKey present = Stored().key();
    present.label = "acme/present";
    return {present, KeyNamed(name)};
  }
  Account Stored() { return Must(accounts().Get(account())); }
  Result<Account> Want(const std::string& name = "next") {
    return accounts().WantKey(account(), To(name), NewRequest("operator:local"));
  }
  Account LeaseAccount() {
    auto leased = Must(accounts().LeaseAccounts({.owner = "replica-1", .limit = 2})).accounts;
    if (leased.size() != 1) throw std::runtime_error("not one account was due");
    return std::move(leased.front());
  }
  void RollOver(const std::string& name = "next", std::chrono::milliseconds keep = 1h) {
    Must(Want(name));
    Must(accounts().CommitKey(LeaseAccount(), keep));
  }
  void GiveUp() {
    Account leased = LeaseAccount();
    leased.change = AccountChange::kNone;
    leased.wanted_key.reset();
    leased.failure = Error(Reason::kCaRejected, "no");
    Must(accounts().Commit(leased, 0ms));
  }
};

TEST_P(AccountKeySuite, ARollOverIsOnRecordAndDue) {
  const Account wanting = Must(Want());

  EXPECT_EQ(wanting.state, AccountState::kValid);
  EXPECT_EQ(wanting.change, AccountChange::kKey);
  EXPECT_EQ(wanting.wanted_key, KeyNamed("next"));
  EXPECT_EQ(wanting.thumbprint, Stored().thumbprint);
  EXPECT_NE(wanting.thumbprint, KeyNamed("next").thumbprint);
  EXPECT_EQ(wanting.key_label, "acme/present");
  EXPECT_EQ(LeaseAccount().wanted_key, KeyNamed("next"));
}

TEST_P(AccountKeySuite, ItsAgeIsKnown) {
  Must(Want());
  Advance(10s);
  const Account leased = LeaseAccount();

  EXPECT_GE(leased.change_age, 10s);
  EXPECT_LT(leased.change_age, 60s);
}

TEST_P(AccountKeySuite, KeysChangePlacesWhenTheCaHasConfirmed) {
  const Account before = Stored();
  Advance(5s);
  RollOver("next", 24h);
  const Account after = Stored();

  EXPECT_EQ(after.key(), KeyNamed("next"));
  EXPECT_EQ(after.change, AccountChange::kNone);
  EXPECT_EQ(after.wanted_key, std::nullopt);
  EXPECT_EQ(after.change_age, 0ms);
  EXPECT_GT(after.key_since, before.key_since);
  ASSERT_EQ(after.retired_keys.size(), 1U);
  const RetiredKey& retired = after.retired_keys[0];
  EXPECT_EQ(retired.key.thumbprint, before.thumbprint);
  EXPECT_EQ(retired.key.uri, before.key_uri);
  EXPECT_EQ(retired.key.algorithm, before.algorithm);
  EXPECT_EQ(retired.key.label, "acme/present");
  EXPECT_EQ(retired.since, before.key_since);
  EXPECT_EQ(retired.retire_time, after.key_since);
  EXPECT_EQ(retired.destroy_time, retired.retire_time + 24h);
  EXPECT_THAT(Must(accounts().LeaseAccounts({.owner = "r"})).accounts, IsEmpty());
}

TEST_P(AccountKeySuite, RetiredKeysAreListedNewestFirst) {
  RollOver("second");
  Advance(1s);
  RollOver("third");

  const auto retired = Must(accounts().List({})).items.at(0).retired_keys;
  ASSERT_EQ(retired.size(), 2U);
  EXPECT_EQ(retired[0].key.thumbprint, KeyNamed("second").thumbprint);
  EXPECT_EQ(Stored().thumbprint, KeyNamed("third").thumbprint);
}

// COMMIT in doubt, or a holder that comes late.
TEST_P(AccountKeySuite, KeysChangePlacesOnce) {
  Must(Want());
  const Account late = LeaseAccount();
  Advance(31s);
  const Account leased = LeaseAccount();

  EXPECT_THAT(accounts().CommitKey(late, 1h), IsError(Reason::kLeaseLost));
  EXPECT_THAT(accounts().CommitKey(leased, 1h), IsOk());
  EXPECT_THAT(accounts().CommitKey(leased, 1h), IsOk()) << "it is stored already";
  EXPECT_EQ(Stored().retired_keys.size(), 1U);
  EXPECT_THAT(accounts().CommitKey(late, 1h), IsError(Reason::kLeaseLost));
}

TEST_P(AccountKeySuite, OneThatIsGivenUpLeavesTheKey) {
  const Account before = Stored();
  Must(Want());
  GiveUp();

  EXPECT_EQ(Stored().thumbprint, before.thumbprint);
  EXPECT_EQ(Stored().change, AccountChange::kNone);
  EXPECT_EQ(Stored().wanted_key, std::nullopt);
  EXPECT_THAT(Stored().retired_keys, IsEmpty());
  EXPECT_THAT(Want(), IsOk()) << "and may be asked for again";
}

TEST_P(AccountKeySuite, AFailedTryKeepsTheWish) {
  Must(Want());
  Account leased = LeaseAccount();
  leased.failure = Error(Reason::kCaUnavailable, "503");
  Must(accounts().Commit(leased, 10s));

  EXPECT_EQ(Stored().wanted_key, KeyNamed("next"));
  EXPECT_THAT(Must(accounts().LeaseAccounts({.owner = "r"})).accounts, IsEmpty());
  Advance(11s);
  EXPECT_EQ(LeaseAccount().wanted_key, KeyNamed("next"));
}

TEST_P(AccountKeySuite, TheSameRequestWantsOnce) {
  const RequestKey request = NewRequest("operator:local");
  EXPECT_EQ(Must(accounts().Answered(request)), std::nullopt);
  Must(accounts().WantKey(account(), To("next"), request));
  Must(accounts().CommitKey(LeaseAccount(), 1h));

  // The spare that it would take now is another one.
  EXPECT_EQ(Must(accounts().WantKey(account(), To("another"), request)).change,
            AccountChange::kNone);
  const auto answered = Must(accounts().Answered(request));
  ASSERT_TRUE(answered.has_value());
  EXPECT_EQ(answered->thumbprint, KeyNamed("next").thumbprint);
  RequestKey other = request;
  other.body.push_back(1);
  EXPECT_THAT(accounts().Answered(other), IsError(Reason::kDuplicateRequestId));
  EXPECT_THAT(accounts().WantKey(account(), To("another"), other),
              IsError(Reason::kDuplicateRequestId));
}

TEST_P(AccountKeySuite, TheServiceItselfWantsWithoutARequest) {
  EXPECT_EQ(Must(accounts().WantKey(account(), To("next"), std::nullopt)).wanted_key,
            KeyNamed("next"));
}

// The CA may know the wanted key already: nothing pushes it aside.
TEST_P(AccountKeySuite, NothingElseIsChangedMeanwhile) {
  Must(Want());

  EXPECT_EQ(Must(Want()).wanted_key, KeyNamed("next")) << "the same wish again";
  EXPECT_THAT(Want("another"), IsError(Reason::kAccountNotReady));
  EXPECT_THAT(accounts().Change(account(), AccountChange::kContacts, {}, NewRequest()),
              IsError(Reason::kAccountNotReady));
  EXPECT_THAT(accounts().Change(account(), AccountChange::kDeactivation, {}, NewRequest()),
              IsError(Reason::kAccountNotReady));
  EXPECT_EQ(Stored().wanted_key, KeyNamed("next"));
}

TEST_P(AccountKeySuite, ItPushesNothingAside) {
  Must(accounts().Change(account(), AccountChange::kContacts, {"mailto:a@example.org"},
                         NewRequest("operator:local")));

  EXPECT_THAT(Want(), IsError(Reason::kAccountNotReady));
  EXPECT_THAT(accounts().TryKey(account(), To("next")), IsError(Reason::kAccountNotReady));
  EXPECT_EQ(Stored().change, AccountChange::kContacts);
}

TEST_P(AccountKeySuite, OnlyValidAccountsGetAnotherKey) {
  const Account pending = MakeAccount("pending", AccountState::kPending);

  EXPECT_THAT(accounts().WantKey(pending.name, To("next"), NewRequest()),
              IsError(Reason::kAccountNotReady));
  EXPECT_THAT(
      accounts().WantKey(AccountName("issuers/x/accounts/y"), To("next"), NewRequest("operator:x")),
      IsError(Reason::kNotFound));
}

TEST_P(AccountKeySuite, AKeyServesOneAccountOnce) {
  const Account second = MakeAccount("second");
  const auto wants = [&](const AccountName& name, const std::string& key) {
    return accounts().WantKey(name, {Stored().key(), KeyNamed(key)}, NewRequest("operator:local"));
  };
  RolloverKeys same = To("next");
  same.next.thumbprint = Stored().thumbprint;
  EXPECT_THAT(accounts().WantKey(account(), same, NewRequest("operator:local")),
              IsError(Reason::kInvalidArgument, HasSubstr("very key")));
  EXPECT_THAT(accounts().TryKey(account(), same), IsError(Reason::kInvalidArgument));

  RollOver("next");
  EXPECT_THAT(wants(second.name, "next"),
              IsError(Reason::kInvalidArgument, HasSubstr(account().ToString())));
  RollOver("third");
  EXPECT_THAT(wants(second.name, "next"), IsError(Reason::kInvalidArgument)) << "retired";
  EXPECT_THAT(wants(account(), "next"), IsError(Reason::kInvalidArgument)) << "not again";
  Must(wants(account(), "fourth"));
  EXPECT_THAT(wants(second.name, "fourth"), IsError(Reason::kInvalidArgument)) << "wanted";
  EXPECT_THAT(wants(second.name, "fifth"), IsOk());
}

TEST_P(AccountKeySuite, TryingChangesNothing) {
  const Account before = Stored();
  EXPECT_EQ(Must(accounts().TryKey(account(), To("next"))).thumbprint, before.thumbprint);

  EXPECT_EQ(Stored().change, AccountChange::kNone);
  EXPECT_EQ(Stored().key_label, before.key_label);
  EXPECT_THAT(Must(accounts().LeaseAccounts({.owner = "r"})).accounts, IsEmpty());
}

TEST_P(AccountKeySuite, AWantedKeyUriWithAPinIsRefused) {
  RolloverKeys keys = To("next");
  keys.next.uri += "?pin-value=1234";

  EXPECT_THAT(accounts().WantKey(account(), keys, NewRequest("operator:local")),
              IsError(Reason::kInvalidArgument));
  EXPECT_THAT(accounts().TryKey(account(), keys), IsError(Reason::kInvalidArgument));
}

// ---- Orders meanwhile.

class OrderKeySuite : public AccountKeySuite {
 protected:
  // The only due order, on its way into PRESENTING.
  Result<void> Present(const std::string& thumbprint) {
    order_ = LeaseOne().order;
    OrderCommit commit;
    commit.order = order_;
    commit.order.state = OrderState::kPresenting;
    commit.order.held_by = HeldBy::kAgent;
    commit.order.authorizations = {Challenge("www.example.org", "token", Presentation::kWanted)};
    commit.due_in = 60s;
    commit.proven_with = thumbprint;
    return queue().Commit(commit);
  }
  void Hold() {
    order_.held_by = HeldBy::kAccount;
    Must(Commit(order_, 60s));
  }

  Order order_;
};

TEST_P(OrderKeySuite, OrdersInProofAreCounted) {
  EXPECT_EQ(Must(accounts().OrdersInProof(account())), 0);
  Issue();
  EXPECT_EQ(Must(accounts().OrdersInProof(account())), 0);
  Must(Present(Stored().thumbprint));
  EXPECT_EQ(Must(accounts().OrdersInProof(account())), 1);
  EXPECT_EQ(Must(accounts().OrdersInProof(AccountName("issuers/x/accounts/y"))), 0);
}

TEST_P(OrderKeySuite, NoneBeginsToBeProvenWhileAnotherKeyIsWanted) {
  const Order order = Issue();
  Must(Want());

  EXPECT_THAT(Present(Stored().thumbprint), IsError(Reason::kAccountNotReady));
  EXPECT_EQ(Read(order.id).state, OrderState::kQueued);
  EXPECT_EQ(Must(accounts().OrdersInProof(account())), 0);
}

TEST_P(OrderKeySuite, NoneIsProvenWithAKeyThatIsNotTheAccounts) {
  const Order order = Issue();
  const std::string old = Stored().thumbprint;
  RollOver();

  EXPECT_THAT(Present(old), IsError(Reason::kAccountNotReady));
  EXPECT_EQ(Read(order.id).state, OrderState::kQueued);
}

TEST_P(OrderKeySuite, OneThatWaitedIsDueWhenTheKeyIsThere) {
  Issue();
  Must(Want());
  EXPECT_THAT(Present(Stored().thumbprint), IsError(Reason::kAccountNotReady));
  Hold();
  EXPECT_TRUE(NothingIsDue());

  Must(accounts().CommitKey(LeaseAccount(), 1h));

  EXPECT_THAT(Present(Stored().thumbprint), IsOk());
}

TEST_P(OrderKeySuite, OneThatWaitedIsDueWhenTheRollOverIsGivenUp) {
  Issue();
  Must(Want());
  EXPECT_THAT(Present(Stored().thumbprint), IsError(Reason::kAccountNotReady));
  Hold();

  GiveUp();

  EXPECT_THAT(Present(Stored().thumbprint), IsOk());
}

TEST_P(OrderKeySuite, NewOrdersAreTakenMeanwhile) {
  Must(Want());

  EXPECT_THAT(orders().Create(MakeApproval(), IssueWith(account()), NewRequest()), IsOk());
}

INSTANTIATE_TEST_SUITE_P(Stores, AccountKeySuite, ::testing::Values(TestedStore()), NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, OrderKeySuite, ::testing::Values(TestedStore()), NameOfBackend);

}  // namespace
}  // namespace certbroker
