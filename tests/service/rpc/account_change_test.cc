// UpdateAccount and DeactivateAccount: what is put on record, once, and what is refused.
#include "tests/service/rpc/rpc_fixture.h"

namespace certbroker::rpc {
namespace {

using ::testing::ElementsAre;

class AccountChangeTest : public RpcTest {
 protected:
  v1::UpdateAccountRequest UpdateRequest() {
    v1::UpdateAccountRequest request;
    request.set_request_id(NewRequestId());
    request.set_name(account().ToString());
    request.add_contacts("mailto:new@example.org");
    return request;
  }
  v1::DeactivateAccountRequest DeactivateRequest() {
    v1::DeactivateAccountRequest request;
    request.set_request_id(NewRequestId());
    request.set_name(account().ToString());
    return request;
  }
  Account Stored() { return Must(accounts().Get(account())); }
};

TEST_F(AccountChangeTest, AnUpdateIsPendingUntilTheCaHasConfirmed) {
  const auto updated = Operator().Update(UpdateRequest());

  ASSERT_THAT(updated.status, IsAnswered());
  EXPECT_EQ(updated.value.pending_change(), v1::Account::CONTACTS);
  EXPECT_EQ(updated.value.state(), v1::Account::VALID);
  EXPECT_EQ(Operator().GetAccount(account().ToString()).value.pending_change(),
            v1::Account::CONTACTS);
  EXPECT_EQ(Operator().List(v1::ListAccountsRequest()).value.accounts(0).pending_change(),
            v1::Account::CONTACTS);
  EXPECT_THAT(Stored().wanted_contacts, ElementsAre("mailto:new@example.org"));
}

TEST_F(AccountChangeTest, AnUpdateMayTakeAllContactsAway) {
  auto request = UpdateRequest();
  request.clear_contacts();

  ASSERT_THAT(Operator().Update(request).status, IsAnswered());
  EXPECT_EQ(Stored().change, AccountChange::kContacts);
  EXPECT_THAT(Stored().wanted_contacts, ElementsAre());
}

TEST_F(AccountChangeTest, ADeactivationIsPendingUntilTheCaHasConfirmed) {
  const auto deactivated = Operator().Deactivate(DeactivateRequest());

  ASSERT_THAT(deactivated.status, IsAnswered());
  EXPECT_EQ(deactivated.value.pending_change(), v1::Account::DEACTIVATION);
  EXPECT_EQ(deactivated.value.state(), v1::Account::VALID);
}

TEST_F(AccountChangeTest, TheSameRequestChangesOnce) {
  const auto first = UpdateRequest();
  auto second = UpdateRequest();
  second.set_contacts(0, "mailto:newer@example.org");
  ASSERT_THAT(Operator().Update(first).status, IsAnswered());
  ASSERT_THAT(Operator().Update(second).status, IsAnswered());

  EXPECT_THAT(Operator().Update(first).status, IsAnswered());

  EXPECT_THAT(Stored().wanted_contacts, ElementsAre("mailto:newer@example.org"));
}

TEST_F(AccountChangeTest, ARequestIdIsForOneChange) {
  auto update = UpdateRequest();
  ASSERT_THAT(Operator().Update(update).status, IsAnswered());

  auto deactivate = DeactivateRequest();
  deactivate.set_request_id(update.request_id());
  EXPECT_THAT(Operator().Deactivate(deactivate).status, IsRefusal(Reason::kDuplicateRequestId));
  update.set_contacts(0, "mailto:newer@example.org");
  EXPECT_THAT(Operator().Update(update).status, IsRefusal(Reason::kDuplicateRequestId));
  EXPECT_EQ(Stored().change, AccountChange::kContacts);
  EXPECT_THAT(Stored().wanted_contacts, ElementsAre("mailto:new@example.org"));
}

TEST_F(AccountChangeTest, WhatIsToBeDeactivatedIsNotChangedAnyMore) {
  ASSERT_THAT(Operator().Deactivate(DeactivateRequest()).status, IsAnswered());

  EXPECT_THAT(Operator().Update(UpdateRequest()).status, IsRefusal(Reason::kAccountNotReady));
  const auto again = Operator().Deactivate(DeactivateRequest());
  EXPECT_THAT(again.status, IsAnswered());
  EXPECT_EQ(again.value.pending_change(), v1::Account::DEACTIVATION);
}

TEST_F(AccountChangeTest, ADeactivatedAccountIsShownAsSuch) {
  ASSERT_THAT(Operator().Deactivate(DeactivateRequest()).status, IsAnswered());
  auto leased = Must(accounts().LeaseAccounts({.owner = "replica-1", .limit = 1})).accounts;
  ASSERT_EQ(leased.size(), 1U);
  leased[0].state = AccountState::kDeactivated;
  leased[0].change = AccountChange::kNone;
  Must(accounts().Commit(leased[0], 0ms));

  const auto shown = Operator().GetAccount(account().ToString());

  EXPECT_EQ(shown.value.state(), v1::Account::DEACTIVATED);
  EXPECT_EQ(shown.value.pending_change(), v1::Account::CHANGE_UNSPECIFIED);
}

TEST_F(AccountChangeTest, ABadUpdateIsRefused) {
  const auto refused = [&](const auto& change) {
    auto request = UpdateRequest();
    change(request);
    return Operator().Update(request).status;
  };
  EXPECT_THAT(FieldsOf(refused([](auto& r) { r.set_request_id("x"); })), ElementsAre("request_id"));
  EXPECT_THAT(FieldsOf(refused([](auto& r) { r.set_name("x"); })), ElementsAre("name"));
  EXPECT_THAT(FieldsOf(refused([](auto& r) { r.set_contacts(0, "ops@example.org"); })),
              ElementsAre("contacts"));
  EXPECT_THAT(FieldsOf(refused([](auto& r) {
                for (int i = 0; i < 10; ++i) r.add_contacts("mailto:ops@example.org");
              })),
              ElementsAre("contacts"));
  EXPECT_THAT(refused([](auto& r) { r.set_name("issuers/test-ca/accounts/third"); }),
              IsRefusal(Reason::kNotFound));
  EXPECT_EQ(Stored().change, AccountChange::kNone);
}

}  // namespace
}  // namespace certbroker::rpc
