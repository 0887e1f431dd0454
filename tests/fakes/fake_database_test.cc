#include "tests/fakes/fake_database.h"

#include "tests/fakes/fake_clock.h"
#include "tests/support/result_matchers.h"

namespace certbroker {
namespace {

Account AnAccount() {
  Account account;
  account.name = AccountName("issuers/a/accounts/b");
  return account;
}

TEST(FakeDatabaseTest, FailNextFailsOneCallAndDoesNothing) {
  FakeClock clock;
  FakeDatabase database(clock);
  database.FailNext(Error(Reason::kDatabaseUnavailable, "away"));

  EXPECT_THAT(database.accounts().Create(AnAccount(), {}), IsError(Reason::kDatabaseUnavailable));
  EXPECT_THAT(database.accounts().Get(AnAccount().name), IsError(Reason::kNotFound));
}

TEST(FakeDatabaseTest, ALostAnswerHasItsEffect) {
  FakeClock clock;
  FakeDatabase database(clock);
  database.LoseNextAnswer(Error(Reason::kDatabaseUnavailable, "away"));

  EXPECT_THAT(database.accounts().Create(AnAccount(), {}), IsError(Reason::kDatabaseUnavailable));
  EXPECT_THAT(database.accounts().Get(AnAccount().name), IsOk());
  EXPECT_EQ(database.calls(), 2);
}

// A listener may call the database: the hint is delivered after the call that caused it.
TEST(FakeDatabaseTest, AListenerMayLook) {
  FakeClock clock;
  FakeDatabase database(clock);
  bool found = false;
  const auto subscription =
      database.feed().Subscribe(Channel::kAccount, [&](const std::string& name) {
        found = database.accounts().Get(AccountName(name)).has_value();
      });

  EXPECT_THAT(database.accounts().Create(AnAccount(), {}), IsOk());

  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace certbroker
