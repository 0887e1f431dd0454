// A host's life as an agent: it joins with a token, works with no other options, renews its
// identity, and is let go by an operator. The identities of this service live for a minute.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "service/dev/text_file.h"
#include "tests/integration/agent_admin.h"
#include "tests/integration/service_process.h"
#include "tests/support/result_matchers.h"

namespace certbroker {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

// A host of the fleet: a state folder.
class Host {
 public:
  fs::path state() const { return fs::path(dir_.path()) / "state"; }
  bool Has(const std::string& file) const { return fs::exists(state() / file); }
  std::vector<std::string> Arguments(const std::vector<std::string>& more) const {
    std::vector<std::string> all = {"--state", state().string()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  ProgramResult Run(const std::vector<std::string>& arguments) const {
    return RunProgram(BuiltProgram("certbroker-agent"), Arguments(arguments));
  }
  std::unique_ptr<RunningProgram> Start(const std::vector<std::string>& arguments) const {
    return std::make_unique<RunningProgram>(BuiltProgram("certbroker-agent"), Arguments(arguments));
  }
  // A file that holds the token, as --token-file takes it.
  std::string TokenFile(const std::string& line) const {
    const std::string path = dir_.path() + "/token";
    std::ofstream(path) << line << '\n';
    return path;
  }

 private:
  const TempDir dir_;
};

// A stack whose service is the test's own, and a host that joins when it starts.
struct Fleet {
  std::unique_ptr<DevStack> stack;
  std::optional<ServiceProcess> service;
  Host sleeper;
  steady_clock::time_point joined;
};

Fleet& TheFleet() {
  static Fleet* const fleet = [] {
    static Fleet owner;
    auto started = DevStack::Start(
        {.arguments = {"--without-service", "--key", "agent-ca/v2"}, .environment = {}});
    EXPECT_THAT(started, IsOk());
    if (!started) std::exit(1);
    owner.stack = *std::move(started);
    ServiceFile file(*owner.stack);
    file.Set("trust_domain", "\"dev.certbroker.test\"\nlifetime = \"1m\"");
    owner.service.emplace(*owner.stack, file.Write());
    EXPECT_TRUE(owner.service->Says("\"serving\"")) << owner.service->program().err();
    const ProgramResult account = owner.stack->Operator(
        {"accounts", "create", "--issuer", "pebble", "--agree-tos", "--wait"});
    EXPECT_EQ(account.exit_code, 0) << account;
    const ProgramResult joined =
        owner.sleeper.Run({"join", AgentAdmin(*owner.stack).CreateToken("sleeper")});
    EXPECT_EQ(joined.exit_code, 0) << joined;
    owner.joined = steady_clock::now();
    return &owner;
  }();
  return *fleet;
}

// A CA that does not answer, as long as this lives.
class SilentCa {
 public:
  explicit SilentCa(const DevStack& stack) : pid_(stack.Facts()["pids"]["pebble"].get<pid_t>()) {
    EXPECT_EQ(::kill(pid_, SIGSTOP), 0);
  }
  ~SilentCa() { ::kill(pid_, SIGCONT); }
  SilentCa(const SilentCa&) = delete;
  SilentCa& operator=(const SilentCa&) = delete;

 private:
  const pid_t pid_;
};

// Blocks until its progress has that text, ten seconds at most.
bool Says(const RunningProgram& program, const std::string& text) {
  for (int i = 0; i < 1000; ++i) {
    if (program.err().find(text) != std::string::npos) return true;
    std::this_thread::sleep_for(milliseconds{10});
  }
  return false;
}

// The URI of the key that the stack has besides its agent CA's.
std::string SecondCaKey(const DevStack& stack) {
  const std::string config = *dev::ReadFile(stack.Text("/service/config"));
  const std::string key = "ca_key = \"";
  const std::size_t begin = config.find(key) + key.size();
  std::string uri = config.substr(begin, config.find('"', begin) - begin);
  const std::size_t version = uri.find("v1");
  EXPECT_NE(version, std::string::npos) << uri;
  return version == std::string::npos ? uri : uri.replace(version, 2, "v2");
}

class JoinTest : public ::testing::Test {
 protected:
  void ExpectJoined(const ProgramResult& result, const std::string& agent) {
    EXPECT_EQ(result.exit_code, 0) << result;
    EXPECT_THAT(result.out, HasSubstr("joined as spiffe://dev.certbroker.test/agent/" + agent));
  }

  DevStack& stack_ = *TheFleet().stack;
  const AgentAdmin admin_{stack_};
};

TEST_F(JoinTest, AHostThatHasJoinedIssuesAndRenewsItsIdentityByItself) {
  const Host host;
  const CertificateFolder folder;
  const auto begun = steady_clock::now();
  ExpectJoined(host.Run({"join", admin_.CreateToken("web-01")}), "web-01");
  const fs::path old = host.state() / "old.pem";
  fs::copy_file(host.state() / "identity.pem", old);

  const ProgramResult issued = host.Run(IssueArguments(stack_, {"app.test"}, folder));
  EXPECT_EQ(issued.exit_code, 0) << issued;

  const auto expiry = [&] {
    const auto status = JsonOf(host.Run({"status", "-o", "json"}));
    EXPECT_EQ(status["identity"]["problem"], "");
    return status["identity"]["expire_time"].get<std::string>();
  };
  const std::string first = expiry();
  while (expiry() == first && steady_clock::now() - begun < seconds{45}) {
    std::this_thread::sleep_for(seconds{1});
  }
  // Half of a minute; a certificate has whole seconds only.
  EXPECT_GE(steady_clock::now() - begun, seconds{25});
  EXPECT_LT(steady_clock::now() - begun, seconds{45}) << "the identity was not renewed";

  const ProgramResult refused = host.Run({"status", "--identity", old.string()});
  EXPECT_EQ(refused.exit_code, 1) << refused;
  EXPECT_THAT(refused.err, HasSubstr("IDENTITY_SUPERSEDED"));
  const ProgramResult renewed = host.Run({"status"});
  EXPECT_EQ(renewed.exit_code, 0) << renewed;
}

TEST_F(JoinTest, ABanEndsWhatIsOpenAndAnUnbanLetsTheHostBackIn) {
  const Host host;
  const CertificateFolder folder;
  ExpectJoined(host.Run({"join", "--token-file", host.TokenFile(admin_.CreateToken("web-02"))}),
               "web-02");
  // It keeps the order, and so the session, open.
  const SilentCa ca(stack_);
  const auto issue = host.Start(IssueArguments(stack_, {"ban.two.test"}, folder));
  ASSERT_TRUE(Says(*issue, "orders/")) << issue->err();

  admin_.Ban("agents/web-02", "taken over");
  const auto banned = steady_clock::now();
  const ProgramResult ended = issue->Wait();

  EXPECT_LT(steady_clock::now() - banned, seconds{5});
  EXPECT_EQ(ended.exit_code, 1) << ended;
  EXPECT_THAT(ended.err, HasSubstr("AGENT_BANNED"));
  EXPECT_THAT(host.Run({"status"}).err, HasSubstr("AGENT_BANNED"));

  admin_.Unban("agents/web-02");
  const ProgramResult back = host.Run({"status"});
  EXPECT_EQ(back.exit_code, 0) << back;

  admin_.Delete("agents/web-02");
  const ProgramResult gone = host.Run({"status"});
  EXPECT_EQ(gone.exit_code, 1) << gone;
  EXPECT_THAT(gone.err, HasSubstr("AGENT_NOT_ENROLLED"));
}

TEST_F(JoinTest, OfTwoHostsWithOneTokenOneJoins) {
  for (int round = 0; round < 5; ++round) {
    const std::string agent = "raced-" + std::to_string(round);
    const std::string token = admin_.CreateToken(agent);
    const Host hosts[2];
    std::vector<std::unique_ptr<RunningProgram>> joins;
    for (const Host& host : hosts) joins.push_back(host.Start({"join", token}));

    const ProgramResult first = joins[0]->Wait();
    const ProgramResult second = joins[1]->Wait();

    EXPECT_EQ(first.exit_code + second.exit_code, 1) << first << second;
    const bool first_won = first.exit_code == 0;
    EXPECT_THAT((first_won ? second : first).err, HasSubstr("JOIN_TOKEN_USED"));
    EXPECT_TRUE(hosts[first_won ? 0 : 1].Has("identity.pem"));
    EXPECT_FALSE(hosts[first_won ? 1 : 0].Has("identity.pem"));
  }
}

TEST_F(JoinTest, AJoinThatWasKilledSucceedsWhenItIsRepeated) {
  int killed = 0;
  int with_key = 0;
  for (int round = 0; round < 20; ++round) {
    const std::string agent = "killed-" + std::to_string(round);
    const std::string token = admin_.CreateToken(agent);
    const Host host;
    const auto join = host.Start({"join", token});
    // By turns anywhere, and from the moment on from which there is something to lose.
    const auto begun = [&] { return round % 2 == 0 || host.Has("join.key") || !join->Running(); };
    while (!begun()) std::this_thread::sleep_for(milliseconds{1});
    std::this_thread::sleep_for(milliseconds{round % 2 == 0 ? 6 * round : round - 1});
    join->Signal(SIGKILL);
    if (join->Wait().exit_code == 137) {
      ++killed;
      if (host.Has("join.key")) ++with_key;
    }

    ExpectJoined(host.Run({"join", token}), agent);
    EXPECT_FALSE(host.Has("join.key"));
    EXPECT_EQ(host.Run({"status"}).exit_code, 0);
  }
  // Kills that come too soon or too late prove nothing.
  EXPECT_GE(killed, 5);
  EXPECT_GE(with_key, 1);
}

TEST_F(JoinTest, AHostThatLeavesHasNoIdentityAndMayJoinAgain) {
  const Host host;
  ExpectJoined(host.Run({"join", admin_.CreateToken("leaver")}), "leaver");

  const ProgramResult left = host.Run({"leave"});

  EXPECT_EQ(left.exit_code, 0) << left;
  EXPECT_THAT(left.out, HasSubstr("certbroker agents delete leaver"));
  const ProgramResult status = host.Run({"status"});
  EXPECT_EQ(status.exit_code, 1) << status;
  EXPECT_THAT(status.err, HasSubstr("certbroker tokens create"));
  ExpectJoined(host.Run({"join", admin_.CreateToken("leaver")}), "leaver");
}

TEST_F(JoinTest, AHostReplacesItsIdentityAfterACommandWhenItsCaIsGivenUp) {
  const Host host;
  const CertificateFolder folder;
  ExpectJoined(host.Run({"join", admin_.CreateToken("web-01")}), "web-01");
  const auto identity = [&] { return *dev::ReadFile(host.state() / "identity.pem"); };
  const std::string before = identity();
  const std::string given_up = admin_.RotateCa(SecondCaKey(stack_));
  std::unique_ptr<RunningProgram> issue;
  {
    const SilentCa ca(stack_);
    issue = host.Start(IssueArguments(stack_, {"taint.apps.test"}, folder));
    ASSERT_TRUE(Says(*issue, "orders/")) << issue->err();
    admin_.TaintCa(given_up);
    // The service tells it meanwhile; while the command is at work nothing changes.
    std::this_thread::sleep_for(seconds{1});
    EXPECT_EQ(identity(), before);
  }
  const ProgramResult issued = issue->Wait();

  EXPECT_EQ(issued.exit_code, 0) << issued;
  EXPECT_NE(identity(), before);
  EXPECT_EQ(host.Run({"status"}).exit_code, 0);
}

// The last one, because by now most of the minute has passed.
TEST_F(JoinTest, AHostThatWasOfflineUntilItsIdentityExpiredRenewsIt) {
  const Host& host = TheFleet().sleeper;
  std::this_thread::sleep_until(TheFleet().joined + seconds{62});
  const ProgramResult refused =
      host.Run({"status", "--identity", (host.state() / "identity.pem").string()});
  EXPECT_EQ(refused.exit_code, 1) << refused;

  const ProgramResult status = host.Run({"status", "-o", "json"});

  EXPECT_EQ(status.exit_code, 0) << status;
  EXPECT_EQ(JsonOf(status)["identity"]["problem"], "");
}

}  // namespace
}  // namespace certbroker
