#include "cli/account_text.h"
#include "cli/account_wait.h"
#include "tests/cli/messages.h"
#include "tests/fakes/fake_clock.h"
#include "tests/support/result_matchers.h"

namespace certbroker::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;

v1::Account InState(v1::Account::State state) {
  v1::Account account;
  account.set_name("issuers/le/accounts/main");
  account.set_state(state);
  return account;
}

v1::Account WithFailure(v1::Account account) {
  *account.mutable_error() = Parsed<google::rpc::Status>(R"(
    code: 9 message: "contact refused" details {
      [type.googleapis.com/google.rpc.ErrorInfo] { reason: "CA_REJECTED" domain: "certbroker" } })");
  return account;
}

class AccountWaitTest : public ::testing::Test {
 protected:
  Result<v1::Account> WaitFor(v1::Account::State after_three) {
    return WaitForAccount(
        InState(v1::Account::PENDING),
        [&]() -> Result<v1::Account> {
          const v1::Account account = InState(++asked_ < 3 ? v1::Account::PENDING : after_three);
          return after_three == v1::Account::VALID && asked_ >= 3 ? account : WithFailure(account);
        },
        seconds{10}, clock_,
        [&](milliseconds pause) {
          clock_.Advance(pause);
          return !interrupted_;
        });
  }

  FakeClock clock_;
  int asked_ = 0;
  bool interrupted_ = false;
};

TEST_F(AccountWaitTest, EndsWhenTheCaHasConfirmed) {
  const auto account = WaitFor(v1::Account::VALID);
  ASSERT_THAT(account, IsOk());
  EXPECT_EQ(account->state(), v1::Account::VALID);
  EXPECT_EQ(asked_, 3);
}

TEST_F(AccountWaitTest, AnAccountIsWaitedForWhileItIsToBeChanged) {
  v1::Account changing = InState(v1::Account::VALID);
  changing.set_pending_change(v1::Account::CONTACTS);
  const auto account = WaitForAccount(
      changing,
      [&]() -> Result<v1::Account> {
        return ++asked_ < 3 ? changing : InState(v1::Account::VALID);
      },
      seconds{10}, clock_,
      [&](milliseconds pause) {
        clock_.Advance(pause);
        return true;
      });
  ASSERT_THAT(account, IsOk());
  EXPECT_EQ(account->pending_change(), v1::Account::CHANGE_UNSPECIFIED);
  EXPECT_EQ(asked_, 3);
}

TEST_F(AccountWaitTest, SaysWhyTheCaRefused) {
  EXPECT_THAT(WaitFor(v1::Account::FAILED),
              IsError(Reason::kCaRejected,
                      AllOf(HasSubstr("issuers/le/accounts/main"), HasSubstr("contact refused"))));
}

TEST_F(AccountWaitTest, EndsAtTheTimeoutWithTheLastFailure) {
  const SteadyTime begun = clock_.Tick();
  EXPECT_THAT(WaitFor(v1::Account::PENDING),
              IsError(Reason::kDeadlineExceeded,
                      AllOf(HasSubstr("within 10 s"), HasSubstr("CA_REJECTED"))));
  EXPECT_LE(clock_.Tick() - begun, seconds{10});
}

TEST_F(AccountWaitTest, EndsWhenInterrupted) {
  interrupted_ = true;
  EXPECT_THAT(WaitFor(v1::Account::VALID), IsError(Reason::kCancelled));
}

TEST(AccountTextTest, ListsAccounts) {
  v1::ListAccountsResponse list;
  *list.add_accounts() = WithFailure(InState(v1::Account::FAILED));
  EXPECT_THAT(AccountsText(list, kNow), AllOf(HasSubstr("issuers/le/accounts/main  FAILED"),
                                              HasSubstr("CA_REJECTED: contact refused\n")));
  EXPECT_THAT(AccountsText({}, kNow), HasSubstr("accounts create"));
}

TEST(AccountTextTest, ShowsAnAccount) {
  const auto account = Parsed<v1::Account>(R"(
    name: "issuers/le/accounts/main" state: VALID key_uri: "pkcs11:token=t;id=%01"
    contacts: "mailto:a@b.test" contacts: "mailto:\033c@b.test" account_url: "https://ca.test/1"
    algorithm: "ES256" thumbprint: "abc" create_time { seconds: 1795246200 })");
  EXPECT_EQ(AccountText(account, kNow),
            "Account     issuers/le/accounts/main\n"
            "State       VALID\n"
            "At the CA   https://ca.test/1\n"
            "Contacts    mailto:a@b.test, mailto:?c@b.test\n"
            "Key         pkcs11:token=t;id=%01\n"
            "Algorithm   ES256\n"
            "Thumbprint  abc\n"
            "Created     2026-11-21T07:30:00Z (now)\n");
}

TEST(AccountTextTest, ShowsWhatIsToBeChanged) {
  v1::Account account = InState(v1::Account::VALID);
  account.set_pending_change(v1::Account::DEACTIVATION);
  EXPECT_THAT(AccountText(account, kNow), HasSubstr("To be changed  DEACTIVATION\n"));
}

}  // namespace
}  // namespace certbroker::cli
