// Account keys of two generations, on the real parts: SoftHSM2, Postgres, Pebble and the scripted
// CA, and a service that is killed around the key change.
#include <csignal>
#include <functional>
#include <memory>
#include <thread>

#include <fmt/format.h>

#include "service/dev/text_file.h"
#include "tests/integration/scripted_ca_process.h"
#include "tests/integration/service_process.h"
#include "tests/support/result_matchers.h"

namespace certbroker {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kPolicyText =
    "version = \"rollover\"\n[[rules]]\nname = \"all\"\nagents = [\"{}\"]\n"
    "names = [\".apps.test\"]\nissuers = [\"pebble\", \"scripted\"]\n";

// Everything but the service, which each test starts, and may kill.
class Surroundings {
 public:
  Surroundings() {
    std::vector<std::string> arguments = {"--without-service"};
    for (const char* key :
         {"pebble/main/v2", "pebble/main/v3", "pebble/main/v4", "scripted/main/v1",
          "scripted/main/v2", "scripted/main/v3", "scripted/main/v4", "scripted/main/v5"}) {
      arguments.insert(arguments.end(), {"--key", fmt::format("acme/{}", key)});
    }
    auto started = DevStack::Start({.arguments = std::move(arguments), .environment = {}});
    EXPECT_THAT(started, IsOk());
    if (!started) std::exit(1);
    stack_ = *std::move(started);
    scripted_ = std::make_unique<ScriptedCaProcess>();
    StartService();
    for (const char* issuer : {"pebble", "scripted"}) {
      const auto made =
          Operator({"accounts", "create", "--issuer", issuer, "--agree-tos", "--wait"});
      EXPECT_EQ(made.exit_code, 0) << made;
    }
  }

  DevStack& stack() { return *stack_; }
  const ScriptedCaProcess& scripted() const { return *scripted_; }
  ProgramResult Operator(const std::vector<std::string>& arguments) const {
    return stack_->Operator(arguments);
  }
  void StartService(const std::string& of_issuers = "") {
    const std::string policy = dir_.path() + "/policy.toml";
    EXPECT_THAT(
        dev::WriteFile(policy, fmt::format(kPolicyText, stack_->Text("/identities/0/uri")), 0600),
        IsOk());
    file_ = std::make_unique<ServiceFile>(*stack_);
    file_->Set("file", '"' + policy + '"');
    file_->Append(fmt::format(
        "\n[[issuers]]\nname = \"scripted\"\ndirectory = \"{}\"\ntls_roots = \"{}\"\n"
        "roots = \"{}\"\n{}",
        scripted_->directory_url(), scripted_->tls_root(), scripted_->roots(), of_issuers));
    service_ = std::make_unique<ServiceProcess>(*stack_, file_->Write());
    EXPECT_TRUE(service_->Says("\"serving\"")) << service_->program().err();
  }
  void KillService() {
    service_->program().Signal(SIGKILL);
    (void)service_->program().Wait();
  }
  bool ServiceSays(const std::string& text) { return service_->Says(text); }

 private:
  TempDir dir_;
  std::unique_ptr<DevStack> stack_;
  std::unique_ptr<ScriptedCaProcess> scripted_;
  std::unique_ptr<ServiceFile> file_;
  std::unique_ptr<ServiceProcess> service_;
};

class SharedSurroundings final : public ::testing::Environment {
 public:
  void SetUp() override { all = std::make_unique<Surroundings>(); }
  void TearDown() override { all.reset(); }
  std::unique_ptr<Surroundings> all;
};

// gtest owns it.
SharedSurroundings* const surroundings =
    static_cast<SharedSurroundings*>(::testing::AddGlobalTestEnvironment(new SharedSurroundings));

class RolloverTest : public ::testing::Test {
 protected:
  Surroundings& all() { return *surroundings->all; }
  DevStack& stack() { return all().stack(); }

  ProgramResult RollOver(const std::string& issuer, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"accounts", "rollover", "--issuer", issuer};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return stack().Operator(arguments);
  }
  json Account(const std::string& issuer) {
    return JsonOf(stack().Operator({"accounts", "keys", "--issuer", issuer, "-o", "json"}));
  }
  ProgramResult Issue(const std::string& issuer, const std::string& name,
                      const CertificateFolder& folder) {
    const std::string roots =
        issuer == "pebble" ? stack().Text("/pebble/roots") : all().scripted().roots();
    return stack().Agent(0, {"issue", name, "--issuer", issuer, "--http-listen",
                             stack().http_listen(), "--roots", roots, "--out", folder.path()});
  }
  // Where orders stand, for a failure to explain itself.
  std::string Orders() {
    return stack().Query(
        "SELECT o.state, o.held_by, o.failure_detail, e.time, e.message FROM orders o JOIN "
        "order_events e ON e.order_id = o.id WHERE o.id = (SELECT max(id::text)::uuid FROM orders) "
        "ORDER BY e.id");
  }
  bool WaitUntil(const std::string& sql) {
    for (int i = 0; i < 1500; ++i) {
      if (stack().Query(sql) == "t") return true;
      std::this_thread::sleep_for(milliseconds{20});
    }
    return false;
  }
  std::string Ask(const std::string& what, const std::string& issuer) {
    return stack().Query(fmt::format(
        "SELECT {} FROM accounts WHERE name = 'issuers/{}/accounts/main'", what, issuer));
  }
  bool Settles(const std::string& issuer) {
    return WaitUntil(fmt::format(
        "SELECT change = 'NONE' FROM accounts WHERE name = 'issuers/{}/accounts/main'", issuer));
  }
  // How often the key has signed as the one to be replaced (outer JWS, with a kid), or as the new
  // one (inner).
  std::string OuterSignatures(const std::string& thumbprint) {
    return stack().Query(kKeyChanges + thumbprint + "' AND account_url <> ''");
  }
  std::string InnerSignatures(const std::string& thumbprint) {
    return stack().Query(kKeyChanges + thumbprint + "' AND account_url = ''");
  }
  static inline const std::string kKeyChanges =
      "SELECT count(*) FROM key_uses WHERE purpose = 'keyChange' AND thumbprint = '";
};

TEST_F(RolloverTest, PebbleTakesTheNewKeyAndNoOther) {
  const std::string before = Account("pebble")["thumbprint"];
  const CertificateFolder folder;
  ASSERT_EQ(Issue("pebble", "before.apps.test", folder).exit_code, 0);

  const ProgramResult tried = RollOver("pebble", {"--dry-run"});
  ASSERT_EQ(tried.exit_code, 0) << tried;
  EXPECT_THAT(tried.out, AllOf(HasSubstr(before), HasSubstr("acme/pebble/main/v2"),
                               HasSubstr("http-01"), HasSubstr("nothing was changed")));
  EXPECT_EQ(Account("pebble")["thumbprint"], before);

  const ProgramResult rolled = RollOver("pebble", {"--wait"});

  ASSERT_EQ(rolled.exit_code, 0) << rolled;
  EXPECT_THAT(rolled.out, HasSubstr("done"));
  const std::string after = Account("pebble")["thumbprint"];
  EXPECT_NE(after, before);
  EXPECT_THAT(tried.out, HasSubstr(after)) << "as the dry run had said";
  const ProgramResult keys = stack().Operator({"accounts", "keys", "--issuer", "pebble"});
  EXPECT_THAT(keys.out, AllOf(HasSubstr("live     acme/pebble/main/v2"),
                              HasSubstr("certbroker keystore destroy --key acme/pebble/main/v1 "
                                        "--id ")))
      << keys;
  // Renewed, revoked and issued with the new key.
  const ProgramResult renewed = stack().Agent(0, RenewArguments(stack(), folder));
  ASSERT_EQ(renewed.exit_code, 0) << renewed << Orders();
  const std::string serial = folder.serial();
  EXPECT_EQ(
      stack().Agent(0, {"revoke", "--reason", "superseded", "--out", folder.path()}).exit_code, 0);
  EXPECT_EQ(CaStatus(stack(), serial)["Status"], "Revoked");
  const CertificateFolder another;
  EXPECT_EQ(Issue("pebble", "after.apps.test", another).exit_code, 0);
  // Both signatures of the key change are on record; a refused nonce is signed for once more.
  EXPECT_NE(OuterSignatures(before), "0");
  EXPECT_NE(InnerSignatures(after), "0");
}

// The CA's own word: the row is made to name the old key once more.
TEST_F(RolloverTest, TheOldKeyIsRefusedByTheCa) {
  ASSERT_EQ(RollOver("pebble", {"--wait"}).exit_code, 0);
  const auto swap = [&](const std::string& uri, const std::string& thumbprint) {
    all().KillService();
    stack().Query(
        fmt::format("UPDATE accounts SET key_uri = '{}', thumbprint = '{}' WHERE "
                    "name = 'issuers/pebble/accounts/main'",
                    uri, thumbprint));
    all().StartService();
  };
  const std::string live = Ask("thumbprint", "pebble");
  const std::string live_uri = Ask("key_uri", "pebble");
  const json retired = Account("pebble")["retired_keys"][0]["key"];

  swap(retired["key_uri"], retired["thumbprint"]);
  const CertificateFolder folder;
  const ProgramResult refused = Issue("pebble", "old-key.apps.test", folder);
  swap(live_uri, live);

  EXPECT_EQ(refused.exit_code, 1) << refused;
  EXPECT_THAT(refused.err, HasSubstr("CA_")) << refused;
  EXPECT_EQ(Issue("pebble", "live-key.apps.test", folder).exit_code, 0);
}

// RFC 8555 §8.1: what challenges are answered with holds the key's thumbprint.
TEST_F(RolloverTest, OrdersInFlightEndInCertificates) {
  const TempDir root;
  const WebServer server(stack(), root.path());
  constexpr int kOrders = 8;
  std::vector<CertificateFolder> folders(kOrders);
  std::vector<std::unique_ptr<RunningProgram>> agents;
  const auto issue = [&](int i) {
    agents.push_back(
        stack().StartAgent(0, {"issue", fmt::format("flight-{}.apps.test", i), "--issuer", "pebble",
                               "--webroot", root.path(), "--roots", stack().Text("/pebble/roots"),
                               "--out", folders[static_cast<std::size_t>(i)].path()}));
    std::this_thread::sleep_for(milliseconds{200});
  };
  const std::string before = Ask("thumbprint", "pebble");

  for (int i = 0; i < kOrders / 2; ++i) issue(i);
  ASSERT_EQ(RollOver("pebble").exit_code, 0);
  const std::string states =
      stack().Query("SELECT string_agg(state, ' ') FROM orders WHERE names[1] LIKE 'flight-%'");
  for (int i = kOrders / 2; i < kOrders; ++i) issue(i);

  for (const auto& agent : agents) {
    const ProgramResult ended = agent->Wait();
    EXPECT_EQ(ended.exit_code, 0) << states << "\n" << ended;
  }
  EXPECT_TRUE(Settles("pebble"));
  EXPECT_NE(Ask("thumbprint", "pebble"), before);
  EXPECT_EQ(stack().Query("SELECT count(*) FROM orders WHERE names[1] LIKE 'flight-%' AND "
                          "(state <> 'ISSUED' OR attempt > 0)"),
            "0")
      << "none had to begin again";
}

class RolloverKillTest : public RolloverTest {
 protected:
  // SIGKILL while the CA does that to the key change, after `meanwhile`; then a service that knows
  // nothing.
  void KillAround(const json& action, const std::function<void()>& meanwhile) {
    all().scripted().Follow(json::array({{{"endpoint", "key-change"}, {"action", action}}}));
    before_ = Ask("thumbprint", "scripted");
    ASSERT_EQ(RollOver("scripted").exit_code, 0);
    ASSERT_TRUE(WaitUntil("SELECT (" + kKeyChanges + before_ + "' AND account_url <> '') > 0"));
    meanwhile();
    all().KillService();
    EXPECT_EQ(Ask("thumbprint", "scripted"), before_);
    EXPECT_EQ(Ask("change", "scripted"), "KEY");
    all().scripted().Follow(json::array());
    // As if the lease had run out: who was killed gives nothing back.
    stack().Query(
        "UPDATE accounts SET lease_until = clock_timestamp() WHERE lease_until IS NOT NULL");
    all().StartService();
  }
  void ExpectRolledOver() {
    ASSERT_TRUE(Settles("scripted"));
    EXPECT_NE(Ask("thumbprint", "scripted"), before_);
    EXPECT_EQ(stack().Query("SELECT count(*) FROM retired_account_keys WHERE thumbprint = '" +
                            before_ + "'"),
              "1");
    const CertificateFolder folder;
    const ProgramResult issued = Issue("scripted", "killed.apps.test", folder);
    EXPECT_EQ(issued.exit_code, 0) << issued;
  }

  std::string before_;
};

void AMoment() { std::this_thread::sleep_for(milliseconds{300}); }

TEST_F(RolloverKillTest, BeforeTheCaHasActed) {
  KillAround({{"delay_before", 4000}, {"drop", "before"}}, AMoment);
  ExpectRolledOver();
  EXPECT_EQ(OuterSignatures(before_), "2") << "sent again";
}

TEST_F(RolloverKillTest, AfterTheCaHasActed) {
  KillAround({{"delay", 4000}}, AMoment);
  ExpectRolledOver();
  EXPECT_EQ(OuterSignatures(before_), "1") << "asked, not sent again";
}

// The answer is there, and the row cannot be written, because somebody else has locked it.
TEST_F(RolloverKillTest, BeforeTheCommit) {
  std::thread holder;
  KillAround({{"delay", 1000}}, [&] {
    holder = std::thread(
        [this] { stack().Query("SELECT name FROM accounts FOR UPDATE; SELECT pg_sleep(3)"); });
    EXPECT_TRUE(WaitUntil("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted"));
  });
  holder.join();
  ExpectRolledOver();
  EXPECT_EQ(OuterSignatures(before_), "1") << "asked, not sent again";
}

TEST_F(RolloverTest, AKeyOfAgeIsRolledOverByItself) {
  const std::string before = Ask("thumbprint", "scripted");
  all().KillService();
  stack().Query(
      "UPDATE accounts SET key_since = clock_timestamp() - interval '2 hours' "
      "WHERE name = 'issuers/scripted/accounts/main'");
  all().StartService("key_lifetime = \"1h\"\nkeep_retired_keys = \"7d\"\n");

  EXPECT_TRUE(all().ServiceSays("account_key_rolled_over"));
  EXPECT_TRUE(WaitUntil("SELECT thumbprint <> '" + before +
                        "' FROM accounts WHERE name = 'issuers/scripted/accounts/main'"));
  EXPECT_EQ(stack().Query("SELECT destroy_time - retire_time FROM retired_account_keys WHERE "
                          "thumbprint = '" +
                          before + "'"),
            "7 days");
}

}  // namespace
}  // namespace certbroker
