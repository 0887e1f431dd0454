// The database goes away and comes back: calls say so, and go on by themselves.

#include <chrono>
#include <csignal>

#include "db/transaction.h"
#include "tests/conformance/heard_hints.h"
#include "tests/db/calls.h"

namespace certbroker::db {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

class DatabaseDownTest : public CallsSuite {
 public:
  ~DatabaseDownTest() override {
    if (cluster_.postmaster() < 0) cluster_.Start();
  }

 protected:
  PostgresCluster& cluster_ = PostgresCluster::ForThisProgram();
};

TEST_F(DatabaseDownTest, EveryCallSaysSoAndGoesOnByItself) {
  Prepare();
  auto calls = Reads();
  for (Call& write : Writes()) calls.push_back(std::move(write));
  const std::string before = Footprint();
  cluster_.Stop();

  for (const Call& call : calls) {
    EXPECT_THAT(call.run(), IsError(Reason::kDatabaseUnavailable,
                                    HasSubstr("work goes on by itself when it is back")))
        << call.name;
  }

  cluster_.Start();
  EXPECT_EQ(Footprint(), before);
  for (const Call& call : calls) EXPECT_THAT(call.run(), IsOk()) << call.name;
}

TEST_F(DatabaseDownTest, APoolMayBeMadeBeforeTheDatabaseIsThere) {
  const Order order = Issue();
  cluster_.Stop();
  CaptureLog log;
  SystemClock clock;
  ConnectionPool pool({.conninfo = database().conninfo()}, clock, log);
  PgOrderStore late(pool);
  EXPECT_THAT(late.Get(order.id, std::nullopt), IsError(Reason::kDatabaseUnavailable));

  cluster_.Start();
  EXPECT_THAT(late.Get(order.id, std::nullopt), IsOk());
}

TEST_F(DatabaseDownTest, TheFeedComesBackAndHasEverybodyLook) {
  HeardHints heard;
  const auto orders_told = feed().Subscribe(Channel::kOrder, heard.On("order"));
  const auto work_told = feed().Subscribe(Channel::kWork, heard.On("work"));
  cluster_.Stop();
  heard.Clear();

  cluster_.Start();

  EXPECT_TRUE(heard.Hears("order "));  // look at everything: hints may have been lost
  EXPECT_TRUE(heard.Hears("work "));
  const Order order = Issue();
  EXPECT_TRUE(heard.Hears("order " + order.id.ToString()));
}

TEST_F(DatabaseDownTest, AFeedMayBeMadeBeforeTheDatabaseIsThere) {
  cluster_.Stop();
  HeardHints heard;
  CaptureLog log;
  PgChangeFeed late({.conninfo = database().conninfo()}, database().clock(), database().random(),
                    log);
  const auto subscription = late.Subscribe(Channel::kWork, heard.On("work"));

  cluster_.Start();
  EXPECT_TRUE(heard.Hears("work "));
  EXPECT_THAT(log.lines(), Contains(HasSubstr("database.listen")));
}

// Hints that come while the feed's session is dead are lost; what they were about is in the rows,
// and the empty hint after the reconnect has everybody read them.
TEST_F(DatabaseDownTest, WhatChangesWhileTheFeedIsAwayIsFound) {
  HeardHints heard;
  const auto subscription = feed().Subscribe(Channel::kWork, heard.On("work"));
  harness().BreakFeed();
  const Order order = Issue();

  ASSERT_TRUE(heard.Hears("work "));
  EXPECT_EQ(LeaseOne().order.id, order.id);
}

// Alive to the kernel, dead to its clients: a stopped backend (reliability 1.10).
class StuckBackendTest : public PgSuite {
 protected:
  StuckBackendTest()
      : PgSuite(std::make_unique<PgHarness>(
            ConnectionPool::Options{.conninfo = {},
                                    .connections = 1,
                                    .call_timeout = std::chrono::milliseconds{400},
                                    .wait_timeout = std::chrono::milliseconds{200}})) {}
  pid_t BackendOfPool() {
    return std::stoi(
        Ask("SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
            "AND application_name = 'certbroker'"));
  }
};

TEST_F(StuckBackendTest, AStoppedBackendIsGivenUpAndReplaced) {
  const Order order = Issue();
  const pid_t backend = BackendOfPool();
  ASSERT_EQ(kill(backend, SIGSTOP), 0);
  const auto begin = std::chrono::steady_clock::now();

  const auto read = orders().Get(order.id, std::nullopt);

  EXPECT_THAT(read, IsOk());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  kill(backend, SIGCONT);
}

TEST_F(StuckBackendTest, WhoWaitsTooLongForASessionIsTold) {
  auto loan = database().pool().Borrow();
  ASSERT_THAT(loan, IsOk());

  EXPECT_THAT(orders().List({}, {}),
              IsError(Reason::kDatabaseUnavailable, HasSubstr("all 1 database connections")));
}

TEST_F(StuckBackendTest, ASlowStatementEndsWithoutLosingTheSession) {
  const auto slow = RunTransaction(
      database().pool(), Mode::kWrite, "sleeping",
      [](Transaction& tx) -> Result<void> { return tx.ExecScript("SELECT pg_sleep(60)"); });
  EXPECT_THAT(slow, IsError(Reason::kDatabaseUnavailable, HasSubstr("statement timeout")));
  EXPECT_THAT(orders().List({}, {}), IsOk());
}

}  // namespace
}  // namespace certbroker::db
