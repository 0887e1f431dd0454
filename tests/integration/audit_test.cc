// The record of key uses against a count that is not ours: OpenSC's spy, a PKCS#11 module between
// the service and its token that writes down every call.
#include <csignal>
#include <thread>

#include "service/dev/text_file.h"
#include "tests/integration/service_process.h"
#include "tests/support/result_matchers.h"

namespace certbroker {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr const char* kSpy = "/usr/lib/x86_64-linux-gnu/pkcs11/pkcs11-spy.so";

class AuditTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto started = DevStack::Start({.arguments = {"--without-service"}, .environment = {}});
    ASSERT_THAT(started, IsOk());
    stack_ = *std::move(started);
  }
  static void TearDownTestSuite() { stack_.reset(); }

  void StartService() {
    file_.emplace(*stack_);
    file_->Set("module", '"' + std::string(kSpy) + '"');
    service_.emplace(*stack_, file_->Write(), std::vector<std::string>{},
                     std::vector<std::pair<std::string, std::string>>{
                         {"PKCS11SPY", stack_->Text("/keystore/module")},
                         {"PKCS11SPY_OUTPUT", spied_.path() + "/calls"}});
    ASSERT_TRUE(service_->Says("\"serving\"")) << service_->program().err();
  }
  std::string Calls() const {
    const auto calls = dev::ReadFile(spied_.path() + "/calls");
    return calls ? *calls : "";
  }
  // What keys signed that are no account's: it stands in the database itself.
  static int OfOtherKeys() {
    return std::stoi(stack_->Query(
        "SELECT (SELECT count(*) FROM agent_cas) + (SELECT count(*) FROM checkpoints)"));
  }
  // C_Sign calls that the token answered with a signature by an account's key.
  int Signatures() const {
    const std::string calls = Calls();
    int signatures = 0;
    for (auto at = calls.find(": C_Sign\n"); at != std::string::npos;
         at = calls.find(": C_Sign\n", at + 1)) {
      const auto returned = calls.find("Returned:", at);
      if (returned != std::string::npos && calls.compare(returned, 18, "Returned:  0 CKR_O") == 0)
        ++signatures;
    }
    return signatures - OfOtherKeys();
  }
  static bool WaitUntil(const std::string& sql) {
    for (int i = 0; i < 1500; ++i) {
      if (stack_->Query(sql) == "t") return true;
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    return false;
  }
  static int Records() { return std::stoi(stack_->Query("SELECT count(*) FROM key_uses")); }

  static inline std::unique_ptr<DevStack> stack_;
  TempDir spied_;
  std::optional<ServiceFile> file_;
  std::optional<ServiceProcess> service_;
};

TEST_F(AuditTest, ThereAreNeverFewerRecordsThanSignatures) {
  StartService();
  const ProgramResult account =
      stack_->Operator({"accounts", "create", "--issuer", "pebble", "--agree-tos", "--wait"});
  ASSERT_EQ(account.exit_code, 0) << account;
  const CertificateFolder folder;
  const ProgramResult issued =
      stack_->Agent(0, IssueArguments(*stack_, {"audit.apps.test"}, folder));
  ASSERT_EQ(issued.exit_code, 0) << issued;

  EXPECT_GT(Signatures(), 8);
  EXPECT_GE(Records(), Signatures());

  const std::string order = stack_->Query("SELECT id FROM orders");
  const json uses =
      JsonOf(stack_->Operator({"audit", "keyuse", "--order", order, "-o", "json"}))["key_uses"];
  std::string purposes;
  for (const json& use : uses) {
    purposes = use["purpose"].get<std::string>() + ' ' + purposes;
    EXPECT_EQ(use["agent"], "spiffe://dev.certbroker.test/agent/web-01");
    EXPECT_EQ(use["request_id"], stack_->Query("SELECT request_id FROM orders"));
  }
  EXPECT_THAT(purposes, ::testing::StartsWith("newOrder "));
  EXPECT_THAT(purposes, HasSubstr("challenge "));
  EXPECT_THAT(purposes, HasSubstr("finalize "));

  const ProgramResult verified = stack_->Operator({"audit", "verify", "-o", "json"});
  ASSERT_EQ(verified.exit_code, 0) << verified;
  const std::string head = JsonOf(verified)["head"];
  service_->program().Signal(SIGKILL);
  service_->program().Wait();
  EXPECT_GE(Records(), Signatures());
  service_.reset();
  StartService();

  // Written anew by somebody who knows how: the hashes fit, and a checkpoint tells.
  ASSERT_TRUE(WaitUntil("SELECT count(*) > 0 FROM checkpoints"));
  const ProgramResult signed_one = stack_->Operator({"audit", "verify"});
  ASSERT_EQ(signed_one.exit_code, 0) << signed_one;
  EXPECT_THAT(signed_one.out, HasSubstr("checkpoints fit, signed by the key ")) << signed_one;

  // What was cut off the end is missed by who kept an earlier head.
  EXPECT_EQ(stack_->Operator({"audit", "verify", "--contains", head}).exit_code, 0);
  stack_->Query("ALTER TABLE key_uses DISABLE TRIGGER USER");
  stack_->Query("ALTER TABLE checkpoints DISABLE TRIGGER USER");
  stack_->Query("DELETE FROM checkpoints WHERE number >= " + head.substr(0, head.find(':')));
  stack_->Query("DELETE FROM key_uses WHERE number >= " + head.substr(0, head.find(':')));
  const ProgramResult cut = stack_->Operator({"audit", "verify", "--contains", head});
  EXPECT_EQ(cut.exit_code, 1) << cut;
  EXPECT_THAT(cut.out, HasSubstr("missing, but --contains names it")) << cut;
}

}  // namespace
}  // namespace certbroker
