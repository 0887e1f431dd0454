// "Kill certbrokerd with SIGKILL in the middle of an order and start it again: the order ends with
// one certificate."
#include <map>
#include <sstream>
#include <thread>

#include "tests/integration/scenario.h"

namespace certbroker {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

// Blocks until the statement answers 't'.
bool WaitUntil(const DevStack& stack, const std::string& sql) {
  for (int i = 0; i < 600; ++i) {
    if (stack.Query(sql) == "t") return true;
    std::this_thread::sleep_for(milliseconds{20});
  }
  return false;
}

TEST(KillTest, OrdersInEveryStateEndWithOneCertificateEach) {
  DevStack& stack = SharedStack();
  const TempDir root;
  const WebServer server(stack, root.path());
  const int before = stack.CertificatesSigned();
  constexpr int kOrders = 10;
  std::vector<CertificateFolder> folders(kOrders);
  std::vector<std::unique_ptr<RunningProgram>> agents;

  // Some milliseconds apart, so that the kill finds each of them somewhere else.
  for (int i = 0; i < kOrders; ++i) {
    const std::string name = "kill-" + std::to_string(i) + ".apps.test";
    agents.push_back(stack.StartAgent(
        0, {"issue", name, "--webroot", root.path(), "--roots", stack.Text("/pebble/roots"),
            "--out", folders[static_cast<std::size_t>(i)].path()}));
    std::this_thread::sleep_for(milliseconds{150});
  }
  const std::string found = stack.Query(
      "SELECT string_agg(state, ' ' ORDER BY id) FROM orders WHERE names[1] LIKE 'kill-%'");
  ASSERT_TRUE(stack.KillService());
  // What the test is about: a kill that finds nothing under way proves nothing.
  std::istringstream words(found);
  std::map<std::string, int> states;
  for (std::string state; words >> state;) ++states[state];
  EXPECT_GE(states.size(), 2U) << found;
  EXPECT_LE(states["ISSUED"], kOrders / 2) << found;

  for (int i = 0; i < kOrders; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const ProgramResult ended = agents[at]->Wait();
    EXPECT_EQ(ended.exit_code, 0) << "states at the kill: " << found << "\n" << ended;
    EXPECT_EQ(CaStatus(stack, folders[at].serial())["Status"], "Valid");
  }
  EXPECT_EQ(stack.CertificatesSigned() - before, kOrders) << "states at the kill: " << found;
  EXPECT_EQ(stack.Query("SELECT count(*) FROM certificate_versions WHERE names[1] LIKE 'kill-%'"),
            std::to_string(kOrders));
}

TEST(KillTest, AnOrderWhoseAgentWasKilledTooIsPickedUpByTheNextRun) {
  DevStack& stack = SharedStack();
  const TempDir root;
  const WebServer server(stack, root.path());
  const CertificateFolder folder;
  const int before = stack.CertificatesSigned();
  const std::vector<std::string> issue = {
      "issue",   "resumed.apps.test",         "--webroot", root.path(),
      "--roots", stack.Text("/pebble/roots"), "--out",     folder.path()};
  const auto agent = stack.StartAgent(0, issue);
  ASSERT_TRUE(
      WaitUntil(stack, "SELECT count(*) = 1 FROM orders WHERE names = '{resumed.apps.test}'"));
  agent->Signal(SIGKILL);
  (void)agent->Wait();
  ASSERT_TRUE(stack.KillService());

  const ProgramResult again = stack.Agent(0, issue);

  EXPECT_EQ(again.exit_code, 0) << again;
  EXPECT_EQ(stack.Query("SELECT count(*) FROM orders WHERE names = '{resumed.apps.test}'"), "1")
      << "the same request got the same order";
  EXPECT_EQ(stack.CertificatesSigned() - before, 1);
}

TEST(KillTest, ARevocationOnRecordIsCarriedOutAfterwards) {
  DevStack& stack = SharedStack();
  const CertificateFolder folder;
  ASSERT_EQ(stack.Agent(0, IssueArguments(stack, {"gone.apps.test"}, folder)).exit_code, 0);
  const std::string serial = folder.serial();
  const auto agent =
      stack.StartAgent(0, {"revoke", "--reason", "keyCompromise", "--out", folder.path()});
  ASSERT_TRUE(WaitUntil(stack,
                        "SELECT count(*) = 1 FROM revocations r JOIN certificate_versions v "
                        "USING (order_id) WHERE serial = '" +
                            serial + "'"));

  ASSERT_TRUE(stack.KillService());

  EXPECT_EQ(agent->Wait().exit_code, 0);
  EXPECT_EQ(CaStatus(stack, serial)["Status"], "Revoked");
}

}  // namespace
}  // namespace certbroker
