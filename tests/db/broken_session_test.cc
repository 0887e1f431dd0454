// A session that dies in the middle of a statement: whatever it was, the call goes on on another
// session and does what it does once.
#include <future>
#include <thread>

#include <pqxx/pqxx>

#include "tests/db/calls.h"

namespace certbroker::db {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

class BrokenSessionTest : public CallsSuite {
 protected:
  // Runs `call` while nobody can use its table, ends the session that waits for it, and lets go.
  Result<void> RunWithItsSessionKilled(const Call& call) {
    pqxx::connection connection(database().conninfo());
    pqxx::work holder(connection);
    holder.exec("LOCK TABLE " + call.table + " IN ACCESS EXCLUSIVE MODE");
    auto outcome = std::async(std::launch::async, call.run);
    const std::string victim = WaitingBackend();
    EXPECT_EQ(Ask("SELECT pg_terminate_backend(" + victim + ", 5000)"), "t");
    holder.commit();
    return outcome.get();
  }

 private:
  std::string WaitingBackend() {
    while (true) {
      const auto waiting = database().Run(
          "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
          "AND wait_event_type = 'Lock'");
      if (!waiting.empty()) return waiting.front();
      std::this_thread::yield();
    }
  }
};

TEST_F(BrokenSessionTest, ReadsAreRepeated) {
  Prepare();
  const std::string before = Footprint();
  for (const Call& call : Reads()) {
    SCOPED_TRACE(call.name);
    EXPECT_THAT(RunWithItsSessionKilled(call), IsOk());
  }
  EXPECT_EQ(Footprint(), before);
  EXPECT_THAT(database().log().lines(), Contains(HasSubstr("database.attempt_failed")));
}

TEST_F(BrokenSessionTest, WritesHappenOnce) {
  Prepare();
  for (const Call& call : Writes()) {
    SCOPED_TRACE(call.name);
    const std::string before = Footprint();

    EXPECT_THAT(RunWithItsSessionKilled(call), IsOk());
    const std::string after = Footprint();
    EXPECT_TRUE(!call.idempotent || call.run());

    EXPECT_TRUE(after != before || call.name == "wake order");
    if (call.idempotent) {
      EXPECT_EQ(Footprint(), after);
    }
  }
}

TEST_F(BrokenSessionTest, ALeaseOfADeadSessionIsNobodys) {
  Issue();
  const Call lease = {"lease", "orders", [this]() -> Result<void> {
                        const auto leased = queue().Lease({.owner = "replica-1", .limit = 5});
                        if (!leased) return leased.error();
                        EXPECT_EQ(leased->orders.size(), 1U);
                        EXPECT_EQ(leased->orders.at(0).order.fence, Fence{1});
                        return {};
                      }};
  EXPECT_THAT(RunWithItsSessionKilled(lease), IsOk());
}

// The pool's idle sessions die unseen; each of the next calls finds its own dead or gone.
TEST_F(BrokenSessionTest, IdleSessionsThatDiedAreReplaced) {
  Prepare();
  database().Run(
      "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
      "WHERE datname = current_database() AND pid <> pg_backend_pid()");
  for (const Call& call : Reads()) EXPECT_THAT(call.run(), IsOk()) << call.name;
  for (const Call& call : Writes()) EXPECT_THAT(call.run(), IsOk()) << call.name;
}

}  // namespace
}  // namespace certbroker::db
