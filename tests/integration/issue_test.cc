// The main job: a certificate is issued, renewed, revoked, through every part as it is in
// production.
#include <sys/stat.h>

#include <filesystem>

#include "tests/integration/scenario.h"

namespace certbroker {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

int ModeOf(const std::string& path) {
  struct stat facts = {};
  EXPECT_EQ(::stat(path.c_str(), &facts), 0) << path;
  return static_cast<int>(facts.st_mode & 0777U);
}

TEST(IssueTest, GivesTheHostACertificateForItsOwnKey) {
  DevStack& stack = SharedStack();
  const CertificateFolder folder;

  const ProgramResult issued =
      stack.Agent(0, IssueArguments(stack, {"app.test", "WWW.app.test."}, folder));

  ASSERT_EQ(issued.exit_code, 0) << issued;
  EXPECT_EQ(ModeOf(folder.file("privkey.pem")), 0600);
  for (const std::string file : {"cert.pem", "chain.pem", "fullchain.pem"}) {
    EXPECT_EQ(ModeOf(folder.file(file)), 0644) << file;
  }
  EXPECT_THAT(folder.OpensslSays({"-ext", "subjectAltName"}),
              HasSubstr("DNS:app.test, DNS:www.app.test"));
  const ProgramResult verified =
      RunProgram("openssl", {"verify", "-CAfile", stack.Text("/pebble/roots"), "-untrusted",
                             folder.file("chain.pem"), folder.file("cert.pem")});
  EXPECT_EQ(verified.exit_code, 0) << verified;
  const ProgramResult key =
      RunProgram("openssl", {"pkey", "-in", folder.file("privkey.pem"), "-pubout"});
  EXPECT_EQ(key.out, folder.OpensslSays({"-pubkey"}));
  EXPECT_EQ(CaStatus(stack, folder.serial())["Status"], "Valid");
}

TEST(IssueTest, ShowsEachStateAsItIsReached) {
  DevStack& stack = SharedStack();
  const CertificateFolder folder;

  const ProgramResult issued = stack.Agent(0, IssueArguments(stack, {"shown.apps.test"}, folder));

  ASSERT_EQ(issued.exit_code, 0) << issued;
  EXPECT_THAT(issued.err, HasSubstr("VALIDATING"));
  EXPECT_THAT(issued.err, HasSubstr("ISSUED"));
}

TEST(IssueTest, EveryStepIsOnRecord) {
  DevStack& stack = SharedStack();
  const CertificateFolder folder;
  const ProgramResult issued =
      stack.Agent(0, IssueArguments(stack, {"record.apps.test"}, folder, {"-o", "json"}));
  ASSERT_EQ(issued.exit_code, 0) << issued;
  const std::string id = stack.Query(
      "SELECT id FROM orders WHERE names = '{record.apps.test}' ORDER BY id DESC LIMIT 1");

  const json order = JsonOf(stack.Operator({"orders", "show", id, "-o", "json"}));

  EXPECT_EQ(order["state"], "ORDER_STATE_ISSUED");
  EXPECT_EQ(order["agent"], "spiffe://dev.certbroker.test/agent/web-01");
  EXPECT_EQ(order["policy_rule"], "web-01");
  std::string states;
  for (const json& event : order["events"]) states += event["state"].get<std::string>() + ' ';
  for (const std::string state : {"QUEUED", "PRESENTING", "VALIDATING", "FINALIZING", "ISSUED"}) {
    EXPECT_THAT(states, HasSubstr("ORDER_STATE_" + state));
  }
  // I2: what must not be repeated blindly was written before it was sent, and has its answer.
  EXPECT_EQ(stack.Query("SELECT string_agg(action, ',' ORDER BY i.id) FROM intents i JOIN facts f "
                        "ON f.intent_id = i.id WHERE order_id = '" +
                        id + "' AND http_status < 400"),
            "newOrder,finalize");
}

TEST(IssueTest, RenewalGivesANewCertificateForANewKey) {
  DevStack& stack = SharedStack();
  const CertificateFolder folder;
  ASSERT_EQ(stack.Agent(0, IssueArguments(stack, {"renew.apps.test"}, folder)).exit_code, 0);
  const std::string serial = folder.serial();
  const std::string key = folder.OpensslSays({"-pubkey"});

  const ProgramResult renewed = stack.Agent(0, RenewArguments(stack, folder));

  ASSERT_EQ(renewed.exit_code, 0) << renewed;
  EXPECT_NE(folder.serial(), serial);
  EXPECT_NE(folder.OpensslSays({"-pubkey"}), key);
  EXPECT_THAT(folder.OpensslSays({"-ext", "subjectAltName"}), HasSubstr("DNS:renew.apps.test"));
  EXPECT_EQ(stack.Query("SELECT count(DISTINCT certificate_id) || ' certificate, ' || count(*) || "
                        "' versions' FROM certificate_versions WHERE names = '{renew.apps.test}'"),
            "1 certificate, 2 versions");
}

TEST(IssueTest, ATimerRenewsWhatIsDueAndNothingElse) {
  DevStack& stack = SharedStack();
  const CertificateFolder folder;
  ASSERT_EQ(stack.Agent(0, IssueArguments(stack, {"timer.apps.test"}, folder)).exit_code, 0);
  const std::string serial = folder.serial();
  auto if_due = RenewArguments(stack, folder);
  if_due.push_back("--if-due");

  const ProgramResult early = stack.Agent(0, if_due);

  EXPECT_EQ(early.exit_code, 0) << early;
  EXPECT_THAT(early.out, HasSubstr("is not due before"));
  EXPECT_EQ(folder.serial(), serial);

  stack.Query(
      "UPDATE renewals SET chosen = clock_timestamp() - interval '1 minute' WHERE order_id = "
      "(SELECT order_id FROM certificate_versions WHERE names = '{timer.apps.test}')");
  const ProgramResult due = stack.Agent(0, if_due);

  EXPECT_EQ(due.exit_code, 0) << due;
  EXPECT_NE(folder.serial(), serial);
}

TEST(IssueTest, RevocationIsConfirmedByTheCaAndASecondOneIsAnAnswer) {
  DevStack& stack = SharedStack();
  const CertificateFolder folder;
  ASSERT_EQ(stack.Agent(0, IssueArguments(stack, {"revoke.apps.test"}, folder)).exit_code, 0);

  const ProgramResult revoked =
      stack.Agent(0, {"revoke", "--reason", "superseded", "--out", folder.path()});
  const ProgramResult again =
      stack.Agent(0, {"revoke", "--reason", "superseded", "--out", folder.path()});

  EXPECT_EQ(revoked.exit_code, 0) << revoked;
  const json status = CaStatus(stack, folder.serial());
  EXPECT_EQ(status["Status"], "Revoked");
  EXPECT_EQ(status["Reason"], 4) << "superseded";
  EXPECT_EQ(again.exit_code, 0) << again;
  EXPECT_THAT(again.out, HasSubstr("revoked"));
}

// RFC 8555 §7.6, without the account that ordered: for the day on which the service cannot help.
TEST(IssueTest, ACertificatesOwnKeyRevokesIt) {
  DevStack& stack = SharedStack();
  for (const std::string type : {"ec-p256", "rsa-2048"}) {
    const CertificateFolder folder;
    ASSERT_EQ(
        stack.Agent(0, IssueArguments(stack, {"leaked.apps.test"}, folder, {"--key-type", type}))
            .exit_code,
        0);
    const auto revoke = [&] {
      return RunProgram(BuiltProgram("certbrokerd"),
                        {"revoke", "--config", stack.Text("/service/config"), "--issuer", "pebble",
                         "--certificate", folder.file("fullchain.pem"), "--key",
                         folder.file("privkey.pem"), "--reason", "1"});
    };

    const ProgramResult revoked = revoke();
    const ProgramResult again = revoke();

    EXPECT_EQ(revoked.exit_code, 0) << revoked;
    EXPECT_EQ(CaStatus(stack, folder.serial())["Status"], "Revoked");
    EXPECT_EQ(CaStatus(stack, folder.serial())["Reason"], 1);
    EXPECT_EQ(again.exit_code, 0) << again;
    EXPECT_THAT(again.out, HasSubstr("was already revoked"));
  }
}

TEST(IssueTest, WorksThroughTheWebRootOfAServerThatIsThere) {
  DevStack& stack = SharedStack();
  const CertificateFolder folder;
  const TempDir root;
  const WebServer server(stack, root.path());

  const ProgramResult issued =
      stack.Agent(0, {"issue", "webroot.apps.test", "--webroot", root.path(), "--roots",
                      stack.Text("/pebble/roots"), "--out", folder.path()});

  EXPECT_EQ(issued.exit_code, 0) << issued;
  const fs::path challenges = root.path() + "/.well-known/acme-challenge";
  EXPECT_TRUE(!fs::exists(challenges) || fs::is_empty(challenges)) << "its answer was left behind";
}

TEST(IssueTest, TakesULabelsAndShowsTheirALabels) {
  DevStack& stack = SharedStack();
  const CertificateFolder folder;

  const ProgramResult issued = stack.Agent(0, IssueArguments(stack, {"bücher.apps.test"}, folder));

  ASSERT_EQ(issued.exit_code, 0) << issued;
  EXPECT_THAT(issued.err, HasSubstr("bücher.apps.test is xn--bcher-kva.apps.test in DNS"));
  EXPECT_THAT(folder.OpensslSays({"-ext", "subjectAltName"}),
              HasSubstr("DNS:xn--bcher-kva.apps.test"));
}

TEST(IssueTest, MakesAnRsaKeyOnRequest) {
  DevStack& stack = SharedStack();
  const CertificateFolder folder;

  const ProgramResult issued =
      stack.Agent(0, IssueArguments(stack, {"rsa.apps.test"}, folder, {"--key-type", "rsa-2048"}));

  ASSERT_EQ(issued.exit_code, 0) << issued;
  EXPECT_THAT(folder.OpensslSays({"-text"}), HasSubstr("Public-Key: (2048 bit)"));
}

TEST(IssueTest, AnAgentSeesItsOwnCertificatesOnly) {
  DevStack& stack = SharedStack();
  const CertificateFolder folder;
  ASSERT_EQ(stack.Agent(0, IssueArguments(stack, {"mine.apps.test"}, folder)).exit_code, 0);
  const std::string name =
      "certificates/" +
      stack.Query("SELECT certificate_id FROM certificate_versions WHERE serial = '" +
                  folder.serial() + "'");

  const ProgramResult own = stack.Agent(0, {"status"});
  const ProgramResult others = stack.Agent(1, {"status"});
  const ProgramResult foreign =
      stack.Agent(1, {"revoke", "--certificate", name, "--reason", "superseded"});
  const ProgramResult absent = stack.Agent(
      1, {"revoke", "--certificate", "certificates/01920000-0000-7000-8000-000000000000",
          "--reason", "superseded"});

  EXPECT_THAT(own.out, HasSubstr("mine.apps.test")) << own;
  EXPECT_THAT(others.out, Not(HasSubstr("mine.apps.test"))) << others;
  EXPECT_EQ(foreign.exit_code, 1) << foreign;
  EXPECT_THAT(foreign.err, HasSubstr("NOT_FOUND"));
  EXPECT_EQ(absent.exit_code, 1) << absent;
  EXPECT_EQ(CaStatus(stack, folder.serial())["Status"], "Valid");
}

TEST(IssueTest, TheOperatorSeesEverything) {
  DevStack& stack = SharedStack();
  const CertificateFolder folder;
  ASSERT_EQ(stack.Agent(0, IssueArguments(stack, {"all.apps.test"}, folder)).exit_code, 0);

  const ProgramResult certificates = stack.Operator({"certificates", "list", "-o", "json"});
  const ProgramResult orders = stack.Operator({"orders", "list"});
  const ProgramResult accounts = stack.Operator({"accounts", "list"});

  EXPECT_THAT(certificates.out, HasSubstr(folder.serial())) << certificates;
  (void)JsonOf(certificates);
  EXPECT_THAT(orders.out, HasSubstr("all.apps.test")) << orders;
  EXPECT_THAT(accounts.out, HasSubstr("issuers/pebble/accounts/main")) << accounts;
}

}  // namespace
}  // namespace certbroker
