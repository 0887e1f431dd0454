// Changes of agents that overlap: whoever follows them misses none, whichever is committed first.
#include <future>
#include <optional>
#include <string>
#include <thread>

#include <pqxx/pqxx>

#include "tests/conformance/agent_suite.h"
#include "tests/db/pg_harness.h"

namespace certbroker::db {
namespace {

using ::testing::UnorderedElementsAre;

class AgentChangesTest : public AgentSuite {
 protected:
  AgentChangesTest() : AgentSuite(std::make_unique<PgHarness>()) {}

  PgDatabase& database() { return static_cast<PgHarness&>(harness()).database(); }

  // A change of `agent` has done everything but its COMMIT until nobody holds the advisory lock 1.
  void HoldCommitsOf(const std::string& agent) {
    database().Run(
        "CREATE FUNCTION wait_for_the_test() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END $$;"
        "CREATE CONSTRAINT TRIGGER commits_are_held AFTER UPDATE ON agents "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.id = '" +
        IdOf(agent).ToString() + "') EXECUTE FUNCTION wait_for_the_test()");
  }
  void AwaitWaiting(const std::string& locktype) {
    while (database()
               .Run("SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = '" + locktype + "'")
               .empty()) {
      std::this_thread::yield();
    }
  }
  static bool IsOver(const std::future<Result<Agent>>& call) {
    return call.wait_for(0s) == std::future_status::ready;
  }
  // Until the call is over or waits for another transaction.
  void AwaitProgress(const std::future<Result<Agent>>& call) {
    const auto waits = [&] {
      return !database()
                  .Run("SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'")
                  .empty();
    };
    while (!IsOver(call) && !waits()) std::this_thread::yield();
  }
};

TEST_F(AgentChangesTest, AChangeThatIsCommittedLateIsNotMissed) {
  HoldCommitsOf("slow");
  pqxx::connection session(database().conninfo());
  std::optional<pqxx::work> holder(session);
  holder->exec("SELECT pg_advisory_xact_lock(1)");

  // The slow one has its number, and is not committed; the quick one begins after it.
  auto slow = std::async(std::launch::async, [this] { return Ban("slow"); });
  AwaitWaiting("advisory");
  auto quick = std::async(std::launch::async, [this] { return Ban("quick"); });
  AwaitProgress(quick);
  const Standings first = Must(agents().ChangedSince(0));
  holder.reset();
  EXPECT_THAT(slow.get(), IsOk());
  EXPECT_THAT(quick.get(), IsOk());
  const Standings then = Must(agents().ChangedSince(first.change));

  std::vector<std::string> told;
  for (const Standings& standings : {first, then}) {
    for (const AgentStanding& standing : standings.agents)
      told.push_back(standing.agent.ToString());
  }
  EXPECT_THAT(told, UnorderedElementsAre(IdOf("quick").ToString(), IdOf("slow").ToString()));
}

}  // namespace
}  // namespace certbroker::db
