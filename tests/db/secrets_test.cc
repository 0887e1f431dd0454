// What must not be written anywhere: not into a row, not into the server's log, not into ours.
#include "db/transaction.h"
#include "tests/db/pg_harness.h"

namespace certbroker::db {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kPin = "6d6f6e6b6579";

class SecretsTest : public PgSuite {
 protected:
  static std::string LogOfServer() { return PostgresCluster::ForThisProgram().Log(); }
};

TEST_F(SecretsTest, AKeyUriWithItsPinIsRefusedAndThePinIsToldToNobody) {
  Account account = MakeAccount("pending", AccountState::kPending);
  for (const char* attribute : {"pin-value", "PIN-VALUE", "pin-source"}) {
    account.name = AccountName("issuers/test-ca/accounts/new");
    account.key_uri = std::string("pkcs11:object=k?") + attribute + "=" + kPin;

    EXPECT_THAT(accounts().Create(account, NewRequest()),
                IsError(Reason::kInvalidArgument, AllOf(HasSubstr("PIN"), Not(HasSubstr(kPin)))));
  }

  EXPECT_THAT(accounts().Get(account.name), IsError(Reason::kNotFound));
  EXPECT_THAT(LogOfServer(), Not(HasSubstr(kPin)));
  EXPECT_THAT(database().log().lines(), Each(Not(HasSubstr(kPin))));
}

// The second line of defence: SQL refuses it too. Its message quotes the row; ours must not.
TEST_F(SecretsTest, ARefusedRowIsNotQuoted) {
  const auto refused = RunTransaction(
      database().pool(), Mode::kWrite, "trying", [](Transaction& tx) -> Result<void> {
        return tx.ExecScript("UPDATE accounts SET key_uri = 'pkcs11:?pin-value=secret-in-row'");
      });

  EXPECT_THAT(refused, IsError(Reason::kInternal, AllOf(HasSubstr("account_key_uri_holds_no_pin"),
                                                        Not(HasSubstr("secret-in-row")))));
  EXPECT_THAT(database().log().lines(), Each(Not(HasSubstr("secret-in-row"))));
}

TEST_F(SecretsTest, ThePasswordOfTheDatabaseIsNotQuoted) {
  CaptureLog log;
  for (const char* conninfo :
       {"host=/nonexistent password=hunter2", "postgresql://u:hunter2@localhost:1/x",
        "password=hunter2 nonsense", "postgresql://u:hunter2@[nonsense",
        "postgresql://u:hunter2%zz@localhost/x"}) {
    ConnectionPool pool({.conninfo = conninfo}, database().clock(), log);
    const auto loan = pool.Borrow();
    ASSERT_FALSE(loan.has_value());
    EXPECT_THAT(loan.error().detail(), Not(HasSubstr("hunter2"))) << conninfo;
  }
  EXPECT_THAT(log.lines(), Each(Not(HasSubstr("hunter2"))));
}

}  // namespace
}  // namespace certbroker::db
