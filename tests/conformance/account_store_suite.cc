// tests/conformance/account_store_suite.cc: what every AccountStore does.
#include "tests/conformance/store_fixture.h"

namespace certbroker {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class AccountStoreSuite : public StoreSuite {
 protected:
  Account LeaseAccount() {
    auto leased = Must(accounts().LeaseAccounts({.owner = "replica-1", .limit = 2})).accounts;
    if (leased.size() != 1) throw std::runtime_error("not one account was due");
    return std::move(leased.front());
  }
  std::vector<std::string> ListNames(const PageRequest& page = {}) {
    std::vector<std::string> names;
    for (const Account& a : Must(accounts().List(page)).items) names.push_back(a.name.ToString());
    return names;
  }
};

TEST_P(AccountStoreSuite, ANewAccountIsPendingAndDue) {
  const Account stored = MakeAccount("second", AccountState::kPending);

  EXPECT_EQ(stored.name, AccountName("issuers/test-ca/accounts/second"));
  EXPECT_EQ(stored.issuer, IssuerId("test-ca"));
  EXPECT_EQ(stored.directory_url, "https://ca.test/directory");
  EXPECT_EQ(stored.key_uri, "pkcs11:token=certbroker;object=second");
  EXPECT_EQ(stored.algorithm, "ES256");
  EXPECT_THAT(stored.contacts,
              ElementsAre("mailto:ops@example.org", "mailto:\"odd, \\one\"@example.org"));
  EXPECT_TRUE(stored.terms_of_service_agreed);
  EXPECT_EQ(stored.state, AccountState::kPending);
  EXPECT_TRUE(stored.account_url.empty());
  EXPECT_EQ(LeaseAccount().name, stored.name);
}

TEST_P(AccountStoreSuite, ANameIsTakenUntilItHasFailed) {
  Account account = MakeAccount("second", AccountState::kPending);
  EXPECT_THAT(accounts().Create(account, NewRequest()), IsError(Reason::kAlreadyExists));
  EXPECT_THAT(accounts().Create(Must(accounts().Get(this->account())), NewRequest()),
              IsError(Reason::kAlreadyExists));
  Account failed = LeaseAccount();
  failed.state = AccountState::kFailed;
  failed.failure = Error(Reason::kCaTermsChanged, "agree first");
  Must(accounts().Commit(failed, 0ms));

  account.contacts = {"mailto:new@example.org"};
  const Account again = Must(accounts().Create(account, NewRequest()));

  EXPECT_EQ(again.state, AccountState::kPending);
  EXPECT_THAT(again.contacts, ElementsAre("mailto:new@example.org"));
  EXPECT_FALSE(again.failure.has_value());
  EXPECT_THAT(accounts().Commit(failed, 0ms), IsError(Reason::kLeaseLost));
  EXPECT_EQ(LeaseAccount().name, account.name);
}

TEST_P(AccountStoreSuite, CreationIsOnceByRequestId) {
  Account account = Must(accounts().Get(this->account()));
  account.name = AccountName("issuers/test-ca/accounts/second");
  RequestKey request = NewRequest("operator:local");
  Must(accounts().Create(account, request));

  EXPECT_EQ(Must(accounts().Create(account, request)).name, account.name);
  request.body.push_back(1);
  EXPECT_THAT(accounts().Create(account, request), IsError(Reason::kDuplicateRequestId));
}

TEST_P(AccountStoreSuite, AnUnknownAccountIsNotFound) {
  EXPECT_THAT(accounts().Get(AccountName("issuers/x/accounts/y")), IsError(Reason::kNotFound));
}

TEST_P(AccountStoreSuite, ListIsNewestFirstInPages) {
  MakeAccount("second", AccountState::kPending);
  MakeAccount("a-third", AccountState::kPending);

  const auto first = Must(accounts().List({.size = 2, .token = ""}));

  EXPECT_THAT(ListNames(),
              ElementsAre("issuers/test-ca/accounts/a-third", "issuers/test-ca/accounts/second",
                          "issuers/test-ca/accounts/main"));
  EXPECT_EQ(first.items.size(), 2U);
  EXPECT_THAT(ListNames({.size = 2, .token = first.next_token}),
              ElementsAre("issuers/test-ca/accounts/main"));
  EXPECT_THAT(accounts().List({.size = 2, .token = "x"}), IsError(Reason::kInvalidArgument));
}

TEST_P(AccountStoreSuite, LeaseIsExclusiveAndFenced) {
  MakeAccount("second", AccountState::kPending);
  Account late = LeaseAccount();
  EXPECT_THAT(Must(accounts().LeaseAccounts({.owner = "replica-2"})).accounts, IsEmpty());
  Advance(31s);
  Account taken = LeaseAccount();

  late.state = taken.state = AccountState::kValid;
  late.account_url = Url("/account/late");
  taken.account_url = Url("/account/2");

  EXPECT_GT(taken.fence, late.fence);
  EXPECT_THAT(accounts().Commit(late, 0ms), IsError(Reason::kLeaseLost));
  EXPECT_THAT(accounts().Commit(taken, 0ms), IsOk());
  EXPECT_EQ(Must(accounts().Get(taken.name)).account_url, taken.account_url);
}

TEST_P(AccountStoreSuite, ATransientFailureComesBackLater) {
  MakeAccount("second", AccountState::kPending);
  Account account = LeaseAccount();
  account.failures = 3;
  account.failure = Error(Reason::kHsmUnavailable, "token gone").RetryAfter(5s);
  Must(accounts().Commit(account, 10s));

  const auto none = Must(accounts().LeaseAccounts({.owner = "r"}));
  EXPECT_THAT(none.accounts, IsEmpty());
  ASSERT_TRUE(none.next_due_in.has_value());
  EXPECT_LE(*none.next_due_in, 10s);
  Advance(11s);
  const Account again = LeaseAccount();

  EXPECT_EQ(again.failures, 3);
  EXPECT_EQ(again.failure, account.failure);
}

TEST_P(AccountStoreSuite, AValidAccountIsNotLeasedAgain) {
  Advance(1h);
  const auto leased = Must(accounts().LeaseAccounts({.owner = "r"}));

  EXPECT_THAT(leased.accounts, IsEmpty());
  EXPECT_EQ(leased.next_due_in, std::nullopt);
}

TEST_P(AccountStoreSuite, AKeyUriWithAPinIsRefused) {
  Account account = MakeAccount("pending", AccountState::kPending);
  account.name = AccountName("issuers/test-ca/accounts/new");
  for (const char* query : {"?pin-value=1234", "?PIN-VALUE=1234", "?module-name=x&pin-source=/y"}) {
    account.key_uri = std::string("pkcs11:object=new") + query;
    EXPECT_THAT(accounts().Create(account, NewRequest()), IsError(Reason::kInvalidArgument));
  }
  EXPECT_THAT(accounts().Get(account.name), IsError(Reason::kNotFound));
}

// ---- Changes.

class AccountChangeSuite : public AccountStoreSuite {
 protected:
  Result<Account> Change(AccountChange change, const std::vector<std::string>& contacts = {}) {
    return accounts().Change(account(), change, contacts, NewRequest("operator:local"));
  }
  Account Stored() { return Must(accounts().Get(account())); }
};

TEST_P(AccountChangeSuite, AChangeIsOnRecordAndDue) {
  const Account changed = Must(Change(AccountChange::kContacts, {"mailto:new@example.org"}));

  EXPECT_EQ(changed.state, AccountState::kValid);
  EXPECT_EQ(changed.change, AccountChange::kContacts);
  EXPECT_THAT(changed.wanted_contacts, ElementsAre("mailto:new@example.org"));
  EXPECT_EQ(LeaseAccount().name, account());
}

TEST_P(AccountChangeSuite, ContactsAreReplacedWhenTheCaHasConfirmed) {
  Must(Change(AccountChange::kContacts, {"mailto:new@example.org"}));
  Account leased = LeaseAccount();
  leased.contacts = leased.wanted_contacts;
  leased.change = AccountChange::kNone;

  Must(accounts().Commit(leased, 0ms));

  EXPECT_THAT(Stored().contacts, ElementsAre("mailto:new@example.org"));
  EXPECT_EQ(Stored().change, AccountChange::kNone);
  EXPECT_THAT(Must(accounts().LeaseAccounts({.owner = "replica-2"})).accounts, IsEmpty());
}

TEST_P(AccountChangeSuite, AFailureComesBackLater) {
  Must(Change(AccountChange::kContacts));
  Account leased = LeaseAccount();
  leased.failure = Error(Reason::kCaUnavailable, "503");
  leased.failures = 1;
  Must(accounts().Commit(leased, 10s));

  EXPECT_EQ(Stored().change, AccountChange::kContacts);
  Advance(11s);
  EXPECT_EQ(LeaseAccount().failures, 1);
}

TEST_P(AccountChangeSuite, ANewChangeTakesTheOldOnesPlace) {
  Must(Change(AccountChange::kContacts, {"mailto:first@example.org"}));
  Account stale = LeaseAccount();
  Must(Change(AccountChange::kContacts, {"mailto:second@example.org"}));

  stale.change = AccountChange::kNone;
  EXPECT_THAT(accounts().Commit(stale, 0ms), IsError(Reason::kLeaseLost));
  EXPECT_THAT(LeaseAccount().wanted_contacts, ElementsAre("mailto:second@example.org"));
}

TEST_P(AccountChangeSuite, ADeactivatedAccountIsOneForEver) {
  Must(Change(AccountChange::kDeactivation));
  Account leased = LeaseAccount();
  leased.state = AccountState::kDeactivated;
  leased.change = AccountChange::kNone;
  Must(accounts().Commit(leased, 0ms));

  EXPECT_EQ(Must(Change(AccountChange::kDeactivation)).state, AccountState::kDeactivated);
  EXPECT_THAT(Change(AccountChange::kContacts), IsError(Reason::kAccountNotReady));
  EXPECT_THAT(accounts().Create(Stored(), NewRequest("operator:local")),
              IsError(Reason::kAlreadyExists));
}

TEST_P(AccountChangeSuite, OneThatIsToBeDeactivatedTakesNoOrders) {
  Must(Change(AccountChange::kDeactivation));

  EXPECT_THAT(orders().Create(MakeApproval(), IssueWith(account()), NewRequest()),
              IsError(Reason::kAccountNotReady));
  EXPECT_THAT(Change(AccountChange::kContacts), IsError(Reason::kAccountNotReady));
}

TEST_P(AccountChangeSuite, OnlyValidAccountsAreChanged) {
  const Account pending = MakeAccount("second", AccountState::kPending);

  EXPECT_THAT(
      accounts().Change(pending.name, AccountChange::kContacts, {}, NewRequest("operator:local")),
      IsError(Reason::kAccountNotReady));
  EXPECT_THAT(accounts().Change(AccountName("issuers/test-ca/accounts/none"),
                                AccountChange::kContacts, {}, NewRequest("operator:local")),
              IsError(Reason::kNotFound));
}

INSTANTIATE_TEST_SUITE_P(Stores, AccountStoreSuite, ::testing::Values(TestedStore()),
                         NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, AccountChangeSuite, ::testing::Values(TestedStore()),
                         NameOfBackend);

}  // namespace
}  // namespace certbroker
