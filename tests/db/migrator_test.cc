#include "db/migrator.h"

#include <atomic>
#include <thread>

#include "tests/fakes/capture_log.h"
#include "tests/support/postgres_cluster.h"
#include "tests/support/result_matchers.h"

namespace certbroker::db {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Migration kMakesA{1, "makes_a", "aaaa", "CREATE TABLE a (x integer)"};
constexpr Migration kMakesB{2, "makes_b", "bbbb", "CREATE TABLE b (x integer)"};

class MigratorTest : public ::testing::Test {
 protected:
  Result<int> Apply(const std::vector<Migration>& migrations) {
    return Migrate(conninfo(), log_, migrations);
  }
  std::string conninfo() const { return cluster_.Conninfo(database_); }
  // Of the migrations' own making.
  std::vector<std::string> Tables() {
    return cluster_.Run(database_,
                        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' "
                        "AND tablename <> 'schema_migrations' ORDER BY 1");
  }

  PostgresCluster& cluster_ = PostgresCluster::ForThisProgram();
  const std::string database_ = cluster_.NewDatabase();
  CaptureLog log_;
};

TEST_F(MigratorTest, AppliesWhatTheDatabaseDoesNotHave) {
  EXPECT_THAT(Apply({kMakesA}), IsOkAndHolds(1));
  EXPECT_THAT(Apply({kMakesA, kMakesB}), IsOkAndHolds(1));
  EXPECT_THAT(Apply({kMakesA, kMakesB}), IsOkAndHolds(0));

  EXPECT_THAT(Tables(), ElementsAre("a", "b"));
}

TEST_F(MigratorTest, ManyProgramsAtOnceApplyEachMigrationOnce) {
  constexpr int kPrograms = 8;
  std::atomic<int> applied = 0;
  {
    std::vector<std::jthread> programs;
    for (int i = 0; i < kPrograms; ++i) {
      programs.emplace_back([&] {
        const auto count = Migrate(conninfo(), log_);
        EXPECT_THAT(count, IsOk());
        if (count) applied += *count;
      });
    }
  }

  EXPECT_EQ(applied, static_cast<int>(AllMigrations().size()));
  EXPECT_THAT(Apply({AllMigrations().begin(), AllMigrations().end()}), IsOkAndHolds(0));
}

TEST_F(MigratorTest, ASchemaNewerThanTheProgramIsRefused) {
  ASSERT_THAT(Apply({kMakesA, kMakesB}), IsOk());

  const auto newer =
      HasSubstr("newer than this program: it has migration 2 (makes_b), this program ends with 1");
  EXPECT_THAT(Apply({kMakesA}), IsError(Reason::kConfigInvalid, newer));
  EXPECT_THAT(Tables(), ElementsAre("a", "b"));
}

TEST_F(MigratorTest, AnEditedMigrationIsRefusedBeforeAnythingIsTouched) {
  ASSERT_THAT(Apply({kMakesA}), IsOk());
  Migration edited = kMakesA;
  edited.checksum = "cccc";

  const auto refused = IsError(Reason::kConfigInvalid, HasSubstr("migration 1 (makes_a)"));
  EXPECT_THAT(Apply({edited, kMakesB}), refused);
  EXPECT_THAT(Tables(), ElementsAre("a"));
}

TEST_F(MigratorTest, AFailingMigrationLeavesNothingOfItself) {
  const Migration fails{2, "fails", "ffff", "CREATE TABLE half (); SELECT 1 / 0"};

  EXPECT_THAT(Apply({kMakesA, fails}),
              IsError(Reason::kInternal, HasSubstr("applying migration 2 (fails)")));

  EXPECT_THAT(Tables(), ElementsAre("a"));
  EXPECT_THAT(Apply({kMakesA, kMakesB}), IsOkAndHolds(1));
}

TEST_F(MigratorTest, AKilledMigrationLeavesNothingHalfDoneAndNoLock) {
  const Migration dies{1, "dies", "dddd",
                       "CREATE TABLE half (); SELECT pg_terminate_backend(pg_backend_pid())"};

  EXPECT_THAT(Apply({dies}), IsError(Reason::kDatabaseUnavailable));

  EXPECT_THAT(Tables(), IsEmpty());
  EXPECT_THAT(Apply({kMakesA}), IsOkAndHolds(1));
}

TEST_F(MigratorTest, AMigrationMayTakeLongerThanAStatement) {
  const Migration long_one{
      1, "long", "eeee",
      "DO $$ BEGIN IF current_setting('statement_timeout') <> '0' OR "
      "current_setting('lock_timeout') <> '0' THEN RAISE 'limited'; END IF; END $$"};
  EXPECT_THAT(Apply({long_one}), IsOkAndHolds(1));
}

TEST_F(MigratorTest, AnUnreachableDatabaseIsUnavailable) {
  EXPECT_THAT(Migrate("host=/nonexistent dbname=x password=hunter2", log_, {}),
              IsError(Reason::kDatabaseUnavailable, ::testing::Not(HasSubstr("hunter2"))));
}

}  // namespace
}  // namespace certbroker::db
