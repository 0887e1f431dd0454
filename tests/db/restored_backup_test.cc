// A database that knows less than the fleet: docs/agents.md, "After a restored backup".
#include "tests/conformance/agent_suite.h"
#include "tests/db/pg_harness.h"

namespace certbroker::db {
namespace {

class RestoredBackupTest : public AgentSuite {
 protected:
  RestoredBackupTest() : AgentSuite(std::make_unique<PgHarness>()) {
    // In the backup; the host has renewed many times since, and shows what it has now.
    Join("web-01");
    shown_ = {.agent = IdOf("web-01"), .number = 50, .now = {}, .expire_time = {}};
    Must(agents().RecordUse(shown_.agent, shown_.number));
  }
  void Leap() {
    static_cast<PgHarness&>(harness()).database().Run(
        "SELECT setval('identity_numbers', nextval('identity_numbers') + 1000000)");
  }
  // Whether the host can go on with what it gets.
  bool StaysInAfterRenewal() {
    const NewIdentity renewed = Must(Renew(shown_));
    Must(agents().RecordUse(renewed.agent, renewed.number));
    return Renew(renewed).has_value();
  }

  NewIdentity shown_;
};

// What it shows was never given out here, so it does not make what it gets count for less.
TEST_F(RestoredBackupTest, AHostThatRenewsStaysInWhenNumbersAreGivenOutAgain) {
  EXPECT_TRUE(StaysInAfterRenewal());
}

TEST_F(RestoredBackupTest, TheLeapOfTheDocumentationKeepsItIn) {
  Leap();

  EXPECT_TRUE(StaysInAfterRenewal());
}

}  // namespace
}  // namespace certbroker::db
