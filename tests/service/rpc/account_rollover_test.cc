// RolloverAccountKey: what is put on record, once, what is only shown, and what is refused.
#include "tests/service/rpc/rpc_fixture.h"

namespace certbroker::rpc {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class RolloverAccountKeyTest : public RpcTest {
 protected:
  v1::RolloverAccountKeyRequest Request() {
    v1::RolloverAccountKeyRequest request;
    request.set_request_id(NewRequestId());
    request.set_name(account().ToString());
    return request;
  }
  Account Stored() { return Must(accounts().Get(account())); }
  // As the engine does when the CA has confirmed.
  void Confirm() {
    auto leased = Must(accounts().LeaseAccounts({.owner = "replica-1", .limit = 1})).accounts;
    ASSERT_THAT(leased, SizeIs(1));
    Must(accounts().CommitKey(leased[0], 24h * 30));
  }
};

TEST_F(RolloverAccountKeyTest, ARollOverIsPendingUntilTheCaHasConfirmed) {
  const auto rolled = Operator().Rollover(Request());

  ASSERT_THAT(rolled.status, IsAnswered());
  EXPECT_EQ(rolled.value.account().pending_change(), v1::Account::KEY);
  EXPECT_EQ(rolled.value.account().wanted_key().thumbprint(), kSpareThumbprint);
  EXPECT_EQ(rolled.value.account().thumbprint(), Stored().thumbprint);
  EXPECT_EQ(rolled.value.present_key().label(), "acme/test-ca/main/v1");
  EXPECT_EQ(rolled.value.new_key().thumbprint(), kSpareThumbprint);
  EXPECT_EQ(Stored().wanted_key->thumbprint, kSpareThumbprint);
  EXPECT_EQ(Operator().GetAccount(account().ToString()).value.wanted_key().label(),
            "acme/test-ca/main/v2");
}

TEST_F(RolloverAccountKeyTest, WarnsThoseWhoUseTheThumbprint) {
  const auto rolled = Operator().Rollover(Request());

  EXPECT_THAT(rolled.value.warnings(),
              Contains(AllOf(HasSubstr("http-01"), HasSubstr(Stored().thumbprint),
                             HasSubstr(kSpareThumbprint))));
  EXPECT_THAT(rolled.value.warnings(),
              Contains(AllOf(HasSubstr("dns-persist-01"), HasSubstr("https://ca.test/account"))));
}

TEST_F(RolloverAccountKeyTest, ValidationChangesNothing) {
  auto request = Request();
  request.set_validate_only(true);
  const auto tried = Operator().Rollover(request);

  ASSERT_THAT(tried.status, IsAnswered());
  EXPECT_EQ(tried.value.new_key().thumbprint(), kSpareThumbprint);
  EXPECT_THAT(tried.value.warnings(), Contains(HasSubstr("http-01")));
  EXPECT_EQ(tried.value.account().pending_change(), v1::Account::CHANGE_UNSPECIFIED);
  EXPECT_EQ(Stored().change, AccountChange::kNone);
  request.set_validate_only(false);
  EXPECT_THAT(Operator().Rollover(request).status, IsAnswered()) << "the id is not used up";
}

TEST_F(RolloverAccountKeyTest, WhatWasRolledOverIsShown) {
  const std::string old = Stored().thumbprint;
  ASSERT_THAT(Operator().Rollover(Request()).status, IsAnswered());
  Confirm();

  const v1::Account shown = Operator().GetAccount(account().ToString()).value;

  EXPECT_EQ(shown.thumbprint(), kSpareThumbprint);
  EXPECT_EQ(shown.key_label(), "acme/test-ca/main/v2");
  EXPECT_FALSE(shown.has_wanted_key());
  ASSERT_THAT(shown.retired_keys(), SizeIs(1));
  EXPECT_EQ(shown.retired_keys(0).key().thumbprint(), old);
  EXPECT_EQ(shown.retired_keys(0).retire_time().seconds(), shown.key_since().seconds());
  EXPECT_EQ(shown.retired_keys(0).destroy_time().seconds() - shown.key_since().seconds(),
            30 * 86'400);
}

// The spare of the first call is taken by then.
TEST_F(RolloverAccountKeyTest, TheSameRequestRollsOverOnce) {
  const auto request = Request();
  ASSERT_THAT(Operator().Rollover(request).status, IsAnswered());
  Confirm();

  const auto again = Operator().Rollover(request);

  ASSERT_THAT(again.status, IsAnswered());
  EXPECT_EQ(again.value.account().thumbprint(), kSpareThumbprint);
  EXPECT_EQ(Stored().change, AccountChange::kNone);
  auto other = request;
  other.set_key_uri("pkcs11:token=certbroker;object=spare");
  EXPECT_THAT(Operator().Rollover(other).status, IsRefusal(Reason::kDuplicateRequestId));
}

TEST_F(RolloverAccountKeyTest, WithoutASpareItSaysSo) {
  ASSERT_THAT(Operator().Rollover(Request()).status, IsAnswered());
  Confirm();

  EXPECT_THAT(Operator().Rollover(Request()).status, IsRefusal(Reason::kHsmKeyMissing));
}

TEST_F(RolloverAccountKeyTest, TheAccountsOwnKeyIsRefused) {
  auto request = Request();
  request.set_key_uri("pkcs11:token=certbroker;object=key");

  EXPECT_THAT(Operator().Rollover(request).status, IsRefusal(Reason::kInvalidArgument));
  request.set_validate_only(true);
  EXPECT_THAT(Operator().Rollover(request).status, IsRefusal(Reason::kInvalidArgument));
  EXPECT_EQ(Stored().change, AccountChange::kNone);
}

TEST_F(RolloverAccountKeyTest, OneAtATime) {
  v1::UpdateAccountRequest update;
  update.set_request_id(NewRequestId());
  update.set_name(account().ToString());
  ASSERT_THAT(Operator().Update(update).status, IsAnswered());

  EXPECT_THAT(Operator().Rollover(Request()).status, IsRefusal(Reason::kAccountNotReady));
}

TEST_F(RolloverAccountKeyTest, ABadRequestIsRefused) {
  auto request = Request();
  request.set_request_id("x");
  EXPECT_THAT(FieldsOf(Operator().Rollover(request).status), ElementsAre("request_id"));
  request = Request();
  request.set_name("x");
  EXPECT_THAT(FieldsOf(Operator().Rollover(request).status), ElementsAre("name"));
  request = Request();
  request.set_name("issuers/test-ca/accounts/third");
  EXPECT_THAT(Operator().Rollover(request).status, IsRefusal(Reason::kNotFound));
  request = Request();
  request.set_key_uri("pkcs11:token=certbroker;object=nowhere");
  EXPECT_THAT(Operator().Rollover(request).status, IsRefusal(Reason::kHsmKeyMissing));
}

TEST_F(RolloverAccountKeyTest, IsForOperators) {
  EXPECT_THAT(Agent().Rollover(Request()).status, IsRefusal(Reason::kOperatorOnly));
}

}  // namespace
}  // namespace certbroker::rpc
