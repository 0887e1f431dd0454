#include "tests/integration/matrix.h"

#include <cstdlib>

#include <fmt/format.h>

#include "service/dev/text_file.h"
#include "tests/integration/management_post.h"
#include "tests/support/result_matchers.h"

namespace certbroker {
namespace {

using nlohmann::json;

constexpr const char* kIssuers[] = {"newest",  "old",     "nonces", "bound",
                                    "unbound", "leaving", "slow",   "scripted"};
constexpr const char* kBindingId = "customer-1";
// base64url of 64 octets: Pebble takes no shorter ones for HS512.
constexpr const char* kBindingKey =
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0-Pw";

std::unique_ptr<DevStack> Surroundings() {
  std::vector<std::string> arguments = {"--without-service"};
  for (const char* issuer : kIssuers) {
    arguments.insert(arguments.end(), {"--key", fmt::format("acme/{}/main/v1", issuer)});
  }
  auto started = DevStack::Start({.arguments = std::move(arguments), .environment = {}});
  EXPECT_THAT(started, IsOk());
  return started ? *std::move(started) : nullptr;
}

std::vector<std::pair<std::string, std::string>> Environment(int nonces_refused, int names_reused) {
  return {{"PEBBLE_VA_NOSLEEP", "1"},
          {"PEBBLE_WFE_NONCEREJECT", std::to_string(nonces_refused)},
          {"PEBBLE_AUTHZREUSE", std::to_string(names_reused)}};
}

std::string Policy(const std::string& agent) {
  std::string issuers;
  for (const char* issuer : kIssuers) issuers += fmt::format("\"{}\", ", issuer);
  return fmt::format(
      "version = \"matrix\"\n[[rules]]\nname = \"matrix\"\nagents = [\"{}\"]\n"
      "names = [\".matrix.test\", \".dns.test\", \"*.dns.test\", \".account.test\", "
      "\".persist.test\", \"127.0.0.1\"]\n"
      "issuers = [{}]\nprofiles = [\"\", \"default\", \"shortlived\", \"unheard-of\"]\n",
      agent, issuers);
}

class SharedMatrixEnvironment final : public ::testing::Environment {
 public:
  void TearDown() override { matrix.reset(); }

  std::unique_ptr<Matrix> matrix;
};

// gtest owns it.
SharedMatrixEnvironment* const shared = static_cast<SharedMatrixEnvironment*>(
    ::testing::AddGlobalTestEnvironment(new SharedMatrixEnvironment));

}  // namespace

Matrix::Matrix() : stack_(Surroundings()) {
  if (stack_ == nullptr) std::exit(1);
  StartPebbles();
  file_ = std::make_unique<ServiceFile>(*stack_);
  service_ = std::make_unique<ServiceProcess>(*stack_, ServiceConfiguration(*file_));
  EXPECT_TRUE(service_->Says("\"serving\"")) << service_->program().err();
  for (const std::string issuer : kIssuers) {
    if (issuer == "unbound" || (issuer == "old" && !has(issuer))) continue;
    const ProgramResult account = CreateAccount(issuer);
    EXPECT_EQ(account.exit_code, 0) << issuer << ": " << account;
  }
}

void Matrix::StartPebbles() {
  const std::string newest = stack_->Text("/pebble/program");
  const auto start = [&](const std::string& name, const PebbleProcessOptions& options) {
    pebbles_[name] = std::make_unique<PebbleProcess>(*stack_, options);
  };
  start("newest", {.program = newest, .environment = Environment(0, 0)});
  start("nonces", {.program = newest, .environment = Environment(80, 0)});
  if (std::filesystem::exists(kReleasePebble)) {
    start("old", {.program = kReleasePebble, .environment = Environment(20, 0)});
  }
  auto bound = Environment(0, 100);
  bound.emplace_back("PEBBLE_CHAIN_LENGTH", "3");
  start("bound", {.program = newest,
                  .configuration = {{"externalAccountBindingRequired", true},
                                    {"externalAccountMACKeys", {{kBindingId, kBindingKey}}},
                                    {"domainBlocklist", {"blocked.matrix.test"}}},
                  .environment = bound});
  start("slow", {.program = newest,
                 .configuration = {{"retryAfter", {{"authz", 3}, {"order", 3}}}},
                 .environment = {{"PEBBLE_VA_SLEEPTIME", "6"},
                                 {"PEBBLE_WFE_NONCEREJECT", "0"},
                                 {"PEBBLE_AUTHZREUSE", "0"}}});
}

std::string Matrix::Issuer(const std::string& name, const std::string& directory,
                           const std::string& tls_root, const std::string& roots) const {
  return fmt::format(
      "\n[[issuers]]\nname = \"{}\"\ndirectory = \"{}\"\ntls_roots = \"{}\"\nroots = \"{}\"\n",
      name, directory, tls_root, roots);
}

std::string Matrix::ServiceConfiguration(ServiceFile& file) const {
  const std::string policy = dir_.path() + "/policy.toml";
  EXPECT_THAT(dev::WriteFile(policy, Policy(stack_->Text("/identities/0/uri")), 0600), IsOk());
  const std::string key = dir_.path() + "/mac-key";
  EXPECT_THAT(dev::WriteFile(key, kBindingKey, 0400), IsOk());
  file.Set("file", fmt::format("\"{}\"", policy));
  file.Set("caa", fmt::format("\"require\"\ncaa_resolvers = [\"{}\"]",
                              stack_->Text("/pebble/dns_address")));
  file.Append(
      fmt::format("\n[[solvers]]\nname = \"by-account\"\ntype = \"program\"\n"
                  "zones = [\"account.test\"]\nstyle = \"lego_exec\"\nargv = [\"{}\"]\n"
                  "challenge = \"dns-account-01\"\npropagation = \"off\"\n",
                  (stack_->directory() / "dns-record").string()));
  file.Append(
      "\n[[solvers]]\nname = \"standing\"\ntype = \"persistent\"\nzones = [\"persist.test\"]\n");
  const auto add = [&](const std::string& issuer, const PebbleProcess& ca) {
    file.Append(Issuer(issuer, ca.directory_url(), ca.tls_root(), ca.roots()));
  };
  for (const auto& [name, pebble] : pebbles_) {
    add(name, *pebble);
    if (name != "bound") continue;
    file.Append(fmt::format("eab_key_id = \"{}\"\neab_mac_key_file = \"{}\"\n", kBindingId, key));
  }
  add("unbound", pebble("bound"));
  add("leaving", pebble("newest"));
  return file
      .Append(
          Issuer("scripted", scripted_.directory_url(), scripted_.tls_root(), scripted_.roots()))
      .Write();
}

ProgramResult Matrix::CreateAccount(const std::string& issuer) const {
  return stack_->Operator({"accounts", "create", "--issuer", issuer, "--agree-tos", "--wait"});
}

const Matrix& SharedMatrix() {
  if (shared->matrix == nullptr) shared->matrix = std::make_unique<Matrix>();
  return *shared->matrix;
}

ProgramResult MatrixTest::Issue(const std::string& issuer, const std::vector<std::string>& names,
                                const CertificateFolder& folder,
                                const std::vector<std::string>& more) const {
  std::vector<std::string> arguments = {"issue"};
  arguments.insert(arguments.end(), names.begin(), names.end());
  arguments.insert(arguments.end(), {"--issuer", issuer, "--http-listen", stack().http_listen(),
                                     "--roots", Ca(issuer).roots(), "--out", folder.path()});
  arguments.insert(arguments.end(), more.begin(), more.end());
  return stack().Agent(0, arguments);
}

ProgramResult MatrixTest::IssueUnaided(const std::string& issuer, const std::string& name,
                                       const CertificateFolder& folder) const {
  return stack().Agent(0, {"issue", name, "--issuer", issuer, "--roots", Ca(issuer).roots(),
                           "--out", folder.path()});
}

ProgramResult MatrixTest::Renew(const std::string& issuer, const CertificateFolder& folder) const {
  return stack().Agent(0, {"renew", "--http-listen", stack().http_listen(), "--roots",
                           Ca(issuer).roots(), "--out", folder.path()});
}

json MatrixTest::OrderFor(const std::vector<std::string>& names) const {
  const std::string id = stack().Query(
      fmt::format("SELECT id FROM orders WHERE names = '{{{}}}' ORDER BY id DESC LIMIT 1",
                  fmt::join(names, ",")));
  return JsonOf(stack().Operator({"orders", "show", id, "-o", "json"}));
}

json MatrixTest::CertificateFor(const std::string& name) const {
  const std::string id = stack().Query(fmt::format(
      "SELECT certificate_id FROM orders WHERE names = '{{{}}}' ORDER BY id DESC LIMIT 1", name));
  return JsonOf(stack().Operator({"certificates", "show", "certificates/" + id, "-o", "json"}));
}

void MatrixTest::Record(const std::string& what, const json& record) const {
  PostJson(stack().Text("/pebble/challenge_server_url") + "/" + what, record);
}

std::string HistoryOf(const json& order) {
  std::string history;
  for (const json& event : order.value("events", json::array())) {
    history += event.value("message", "") + "\n";
  }
  return history;
}

bool Offers(const PebbleProcess& ca, const std::string& pointer) {
  return ca.Directory().contains(json::json_pointer(pointer));
}

}  // namespace certbroker
