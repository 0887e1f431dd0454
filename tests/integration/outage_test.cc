// What happens when a part that the service needs is not there, is wrong, or goes away.
#include <csignal>

#include "core/clock.h"
#include "service/dev/text_file.h"
#include "tests/integration/service_process.h"
#include "tests/support/postgres_cluster.h"
#include "tests/support/result_matchers.h"

namespace certbroker {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Postgres, token and Pebble, without a service.
DevStack& Surroundings() {
  static DevStack* const stack = [] {
    static std::unique_ptr<DevStack> owner;
    auto started = DevStack::Start({.arguments = {"--without-service"}, .environment = {}});
    EXPECT_THAT(started, IsOk());
    if (!started) std::exit(1);
    owner = *std::move(started);
    return owner.get();
  }();
  return *stack;
}

std::string Toml(const std::string& text) { return '"' + text + '"'; }

ProgramResult ServeAndEnd(const std::string& config_file) {
  ServiceProcess service(Surroundings(), config_file);
  return service.program().Wait();
}

TEST(OutageTest, AnUnknownKeyIsNamedWithFileAndLine) {
  ServiceFile file(Surroundings());
  const std::string path = file.Append("colour = \"blue\"\n").Write();
  const ProgramResult result = ServeAndEnd(path);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr(path + ":"), HasSubstr("colour"))) << result;
}

TEST(OutageTest, AWrongTypeIsNamedWithFileAndLine) {
  ServiceFile file(Surroundings());
  const std::string path = file.Set("lease", "10").Write();
  const ProgramResult result = ServeAndEnd(path);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr(path + ":"), HasSubstr("lease"))) << result;
}

ProgramResult CheckConfig(const std::string& config_file) {
  ServiceProcess service(Surroundings(), config_file, {"--check-config"});
  return service.program().Wait();
}

TEST(OutageTest, CheckConfigAcceptsWhatTheServiceStartsWith) {
  ServiceFile file(Surroundings());
  const std::string path = file.Write();
  const ProgramResult result = CheckConfig(path);
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_EQ(result.out, path + ": ok\n");
}

constexpr const char* kAgent = "spiffe://dev.certbroker.test/agent/web-01";

TEST(OutageTest, CheckConfigNamesEveryFileThatWillNotDo) {
  ServiceFile file(Surroundings());
  file.Set("key", "\"/nowhere/server.key\"").Set("tls_roots", "\"/nowhere/roots.pem\"");
  const std::string path = file.Set("client_ca", Toml("certbrokerd.toml")).Write();

  const ProgramResult result = CheckConfig(path);

  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("certbrokerd: CONFIG_INVALID: 3 problems"),
                    HasSubstr("agents.key: /nowhere/server.key"),
                    HasSubstr("agents.client_ca: " + path), HasSubstr("holds no certificate"),
                    HasSubstr("issuers[0].tls_roots: /nowhere/roots.pem")))
      << result;
  EXPECT_EQ(ServeAndEnd(path).err, result.err);
}

TEST(OutageTest, ACommandLineThatIsNotUnderstoodIsExitCodeTwo) {
  ServiceFile file(Surroundings());
  ServiceProcess service(Surroundings(), file.Write(), {"--no-such-option"});
  const ProgramResult result = service.program().Wait();
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("--no-such-option")) << result;
}

TEST(OutageTest, AMissingModuleIsNamed) {
  ServiceFile file(Surroundings());
  const ProgramResult result = ServeAndEnd(file.Set("module", "\"/nowhere/module.so\"").Write());
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("/nowhere/module.so")) << result;
}

// An HSM may come up after us: the service serves, says so, and goes on looking.
TEST(OutageTest, AMissingTokenIsNamedAndWaitedFor) {
  ServiceFile file(Surroundings());
  ServiceProcess service(Surroundings(), file.Set("token", "\"another\"").Write());
  EXPECT_TRUE(service.Says("\"serving\"")) << service.program().err();
  EXPECT_THAT(service.program().out() + service.program().err(),
              AllOf(HasSubstr("keystore.token_down"), HasSubstr("another")));
}

TEST(OutageTest, AWrongPinIsTriedOnceAndTheTokenIsNotLocked) {
  DevStack& stack = Surroundings();
  const TempDir dir;
  const std::string wrong = dir.path() + "/pin";
  ASSERT_THAT(dev::WriteFile(wrong, "not the pin", 0400), IsOk());
  ServiceFile file(stack);

  const ProgramResult result = ServeAndEnd(file.Set("pin_file", Toml(wrong)).Write());

  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("HSM_PIN_REFUSED"), Not(HasSubstr("not the pin"))))
      << result;
  const ProgramResult check = stack.Keystore({"check"});
  EXPECT_EQ(check.exit_code, 0) << check;
}

TEST(OutageTest, AnAccountWhoseKeyIsNotInTheTokenIsRefused) {
  DevStack& stack = Surroundings();
  ServiceFile file(stack);
  ServiceProcess service(stack, file.Write());
  ASSERT_TRUE(service.Says("\"serving\"")) << service.program().err();

  const ProgramResult created = stack.Operator(
      {"accounts", "create", "--issuer", "pebble", "--id", "other", "--agree-tos", "--wait"});

  EXPECT_EQ(created.exit_code, 1);
  EXPECT_THAT(created.err,
              AllOf(HasSubstr("HSM_KEY_MISSING"), HasSubstr("--key acme/pebble/other/v1")))
      << created;
}

// All or nothing, without a restart.
TEST(OutageTest, AChangedPolicyCountsAfterSighupAndAFaultyOneDoesNot) {
  DevStack& stack = Surroundings();
  const TempDir dir;
  const std::string path = dir.path() + "/policy.toml";
  const auto write = [&](const std::string& version, const std::string& name) {
    const std::string text = "version = \"" + version +
                             "\"\n[[rules]]\nname = \"r\"\nagents = [\"" + kAgent +
                             "\"]\nnames = [\"" + name + "\"]\nissuers = [\"pebble\"]\n";
    ASSERT_THAT(dev::WriteFile(path, text, 0600), IsOk());
  };
  const auto grants = [&](const std::string& name) {
    return stack.Operator({"explain", "--agent", kAgent, "--name", name, "--challenge", "http-01"})
               .exit_code == 0;
  };
  write("1", "one.test");
  ServiceFile file(stack);
  ServiceProcess service(stack, file.Set("file", Toml(path)).Write());
  ASSERT_TRUE(service.Says("\"serving\"")) << service.program().err();
  EXPECT_TRUE(grants("one.test"));

  write("2", "under_score");
  service.program().Signal(SIGHUP);
  EXPECT_TRUE(service.Says("policy_not_reloaded"));
  EXPECT_TRUE(grants("one.test"));

  write("3", "three.test");
  service.program().Signal(SIGHUP);
  EXPECT_TRUE(service.Says("policy_reloaded"));
  EXPECT_TRUE(grants("three.test"));
  EXPECT_FALSE(grants("one.test"));
  service.program().Signal(SIGTERM);
  EXPECT_EQ(service.program().Wait().exit_code, 0);
}

TEST(OutageTest, TheDatabaseMayComeUpLaterAndGoAway) {
  DevStack& stack = Surroundings();
  PostgresCluster& cluster = PostgresCluster::ForThisProgram();
  const std::string database = cluster.NewDatabase();
  cluster.Stop();
  ServiceFile file(stack);
  ServiceProcess service(stack, file.Set("url", Toml(cluster.Conninfo(database))).Write());

  ASSERT_TRUE(service.Says("database_unavailable")) << service.program().err();
  EXPECT_TRUE(service.program().Running());
  cluster.Start();
  ASSERT_TRUE(service.Says("\"serving\"")) << service.program().err();
  const ProgramResult there = stack.Operator({"accounts", "list"});
  EXPECT_EQ(there.exit_code, 0) << there;

  cluster.Stop();
  const ProgramResult away = stack.Operator({"accounts", "list"});
  EXPECT_EQ(away.exit_code, 1);
  EXPECT_THAT(away.err, HasSubstr("DATABASE_UNAVAILABLE")) << away;

  cluster.Start();
  const ProgramResult back = stack.Operator({"accounts", "list"});
  EXPECT_EQ(back.exit_code, 0) << back;
  service.program().Signal(SIGTERM);
  EXPECT_EQ(service.program().Wait().exit_code, 0);
}

TEST(OutageTest, ACaThatDoesNotAnswerHoldsTheOrderUntilItDoes) {
  DevStack& stack = SharedStack();
  const CertificateFolder folder;
  const pid_t pebble = stack.Facts()["pids"]["pebble"].get<pid_t>();
  ASSERT_EQ(::kill(pebble, SIGSTOP), 0);
  const auto agent = stack.StartAgent(0, IssueArguments(stack, {"held.apps.test"}, folder));
  std::string held;
  const SystemClock clock;
  const auto limit = clock.Tick() + std::chrono::seconds{45};
  while (held.empty() && clock.Tick() < limit) {
    held = stack.Query(
        "SELECT held_by FROM orders WHERE names = '{held.apps.test}' AND held_by = "
        "'CA_UNAVAILABLE'");
  }

  ASSERT_EQ(::kill(pebble, SIGCONT), 0);
  const ProgramResult issued = agent->Wait();

  EXPECT_EQ(held, "CA_UNAVAILABLE");
  EXPECT_EQ(issued.exit_code, 0) << issued;
  EXPECT_THAT(issued.err, HasSubstr("CA_UNAVAILABLE")) << "the host was told what it waits for";
}

}  // namespace
}  // namespace certbroker
