#include "service/dev/stack.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include <fmt/core.h>

#include "service/dev/announcement.h"
#include "service/dev/dns_program.h"
#include "service/dev/join_token_file.h"
#include "service/dev/pebble.h"
#include "service/dev/postgres_cluster.h"
#include "service/dev/service_config.h"
#include "service/dev/soft_token.h"
#include "service/dev/stack_directory.h"
#include "service/dev/stack_json.h"
#include "service/dev/supervisor.h"
#include "service/dev/system_error.h"
#include "service/dev/test_pki.h"
#include "service/dev/text_file.h"
#include "service/dev/unprivileged_user.h"

namespace certbroker::dev {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

constexpr std::string_view kKeyLabel = "acme/pebble/main/v1";
constexpr std::string_view kLedgerKeyLabel = "ledger/v1";
constexpr std::string_view kAgentCaKeyLabel = "agent-ca/v1";
constexpr std::string_view kService = "certbrokerd";

// Opened while we may still be root.
struct Programs {
  ProgramFile self;
  ProgramFile operator_cli;
  PostgresPrograms postgres;
  PebblePrograms pebble;
};

Result<Programs> FindPrograms(const StackOptions& options) {
  ASSIGN_OR_RETURN(ProgramFile self, ProgramFile::Self());
  ASSIGN_OR_RETURN(ProgramFile cli, ProgramFile::Open(self.path().parent_path() / "certbroker"));
  ASSIGN_OR_RETURN(PostgresPrograms postgres, FindPostgres());
  ASSIGN_OR_RETURN(PebblePrograms pebble, FindPebble(options.pebble, self.path()));
  return Programs{std::move(self), std::move(cli), std::move(postgres), std::move(pebble)};
}

Result<void> GiveUpRoot(const StackOptions& options) {
  if (::geteuid() != 0) return {};
  ASSIGN_OR_RETURN(const UserIds user, FindUser(options.user));
  RETURN_IF_ERROR(HandOver(options.directory, user));
  return BecomeUser(user);
}

class Stack {
 public:
  Stack(const StackOptions& options, const Programs& programs, const StackDirectory& directory,
        Clock& clock, Random& random)
      : options_(options),
        programs_(programs),
        directory_(directory),
        clock_(clock),
        random_(random),
        supervisor_(clock),
        announcement_(!options.quiet, clock) {}

  Result<void> Start() {
    announcement_.Begin(directory_.path());
    facts_.directory = directory_.path();
    facts_.programs = programs_.self.path().parent_path();
    RETURN_IF_ERROR(StartDatabase());
    RETURN_IF_ERROR(MakeToken());
    RETURN_IF_ERROR(StartCa());
    RETURN_IF_ERROR(WriteConfiguration());
    if (options_.with_service) {
      RETURN_IF_ERROR(StartService());
      RETURN_IF_ERROR(CreateAccount());
      RETURN_IF_ERROR(CreateJoinToken());
    }
    RETURN_IF_ERROR(WriteFacts());
    if (!options_.brief) announcement_.Ready(facts_, options_.with_service);
    return TellReady();
  }

  Result<void> WaitForEnd() {
    if (!options_.restart_service) return supervisor_.WaitForEnd();
    return supervisor_.WaitForEnd(kService, [&] { return ReviveService(); });
  }

  void Stop() {
    announcement_.Ending();
    supervisor_.StopAll();
  }

 private:
  Result<void> StartDatabase() {
    const PostgresOptions options = {.directory = directory_.path() / "postgres",
                                     .sockets = directory_.run(),
                                     .logs = directory_.path() / "log",
                                     .fsync = options_.fsync};
    RETURN_IF_ERROR(StartPostgres(programs_.postgres, options, supervisor_));
    facts_.database_url = PostgresUrl(options);
    facts_.database_fsync = options.fsync;
    announcement_.Step("Postgres", facts_.database_url);
    return {};
  }

  Result<void> MakeToken() {
    ASSIGN_OR_RETURN(const SoftToken token, PrepareSoftToken(directory_.path() / "token", random_));
    softhsm2_conf_ = {{"SOFTHSM2_CONF", token.configuration.string()}};
    std::vector<std::string> arguments = {"keystore",      "provision",
                                          "--module",      token.module.string(),
                                          "--token",       token.label,
                                          "--so-pin-file", token.so_pin_file.string(),
                                          "--pin-file",    token.pin_file.string(),
                                          "--key",         std::string(kKeyLabel),
                                          "--key",         std::string(kLedgerKeyLabel),
                                          "--key",         std::string(kAgentCaKeyLabel)};
    for (const std::string& label : options_.more_keys) {
      arguments.insert(arguments.end(), {"--key", label});
    }
    RETURN_IF_ERROR(supervisor_.Run({.name = "certbroker keystore provision",
                                     .program = &programs_.operator_cli,
                                     .arguments = std::move(arguments),
                                     .environment = softhsm2_conf_,
                                     .log = directory_.log("provision")},
                                    seconds{30}));
    RETURN_IF_ERROR(SealSoftToken(token));
    facts_.module = token.module;
    facts_.token = token.label;
    facts_.pin_file = token.pin_file;
    facts_.key_label = kKeyLabel;
    facts_.key_uri = KeyUri(token, kKeyLabel);
    ledger_key_uri_ = KeyUri(token, kLedgerKeyLabel);
    agent_ca_key_uri_ = KeyUri(token, kAgentCaKeyLabel);
    facts_.softhsm2_conf = token.configuration;
    announcement_.Step("SoftHSM2", facts_.key_uri);
    return {};
  }

  Result<void> StartCa() {
    const fs::path pki = directory_.path() / "pki";
    ASSIGN_OR_RETURN(TestCa tls_ca,
                     TestCa::Make("certbroker dev: TLS of Pebble (not for production)",
                                  pki / "pebble-tls-ca.pem", clock_, random_));
    ASSIGN_OR_RETURN(const KeyPairFiles tls, tls_ca.IssueServer(pki / "pebble-tls"));
    ASSIGN_OR_RETURN(pebble_ports_, PebblePorts::Reserve(random_));
    const PebbleOptions options = {.directory = directory_.path() / "pebble",
                                   .logs = directory_.path() / "log",
                                   .tls = tls,
                                   .tls_root = tls_ca.certificate(),
                                   .roots = directory_.path() / "pebble-roots.pem",
                                   .retry_after_seconds = options_.pebble_retry_after_seconds,
                                   .environment = options_.pebble_environment};
    RETURN_IF_ERROR(StartPebble(programs_.pebble, options, *pebble_ports_, supervisor_));
    facts_.pebble_program = programs_.pebble.pebble.path();
    facts_.pebble_directory_url = pebble_ports_->DirectoryUrl();
    facts_.pebble_tls_root = options.tls_root;
    facts_.pebble_roots = options.roots;
    facts_.pebble_management_url = pebble_ports_->ManagementUrl();
    facts_.challenge_server_url = pebble_ports_->ChallengeServerUrl();
    facts_.http_port = pebble_ports_->http.number();
    facts_.tls_port = pebble_ports_->tls.number();
    facts_.dns_address = pebble_ports_->dns.address();
    announcement_.Step("Pebble", facts_.pebble_directory_url);
    return {};
  }

  Result<void> WriteConfiguration() {
    const fs::path pki = directory_.path() / "pki";
    ASSIGN_OR_RETURN(TestCa ca,
                     TestCa::Make("certbroker dev: agents and service (not for production)",
                                  pki / "ca.pem", clock_, random_));
    ASSIGN_OR_RETURN(const KeyPairFiles tls, ca.IssueServer(pki / "service"));
    for (const auto& agent : DevAgents()) {
      ASSIGN_OR_RETURN(const KeyPairFiles files, ca.IssueClient(pki / agent.name, agent.uri));
      facts_.identities.push_back({agent.name, agent.uri, files, agent.names});
    }
    ASSIGN_OR_RETURN(agent_port_, LoopbackPort::Reserve(random_));
    const fs::path operator_socket = directory_.run() / "operator.sock";
    facts_.agent_address = agent_port_->address();
    facts_.ca = ca.certificate();
    facts_.operator_address = fmt::format("unix:{}", operator_socket.string());
    facts_.service_config = directory_.path() / "certbrokerd.toml";
    facts_.policy = directory_.path() / "policy.toml";
    RETURN_IF_ERROR(WriteFile(facts_.policy, PolicyToml(DevAgents()), 0600));
    const fs::path dns_program = directory_.path() / "dns-record";
    RETURN_IF_ERROR(
        WriteFile(dns_program, DnsProgram(pebble_ports_->dns_management.number()), 0700));
    return WriteFile(facts_.service_config,
                     ServiceToml({.database_url = facts_.database_url,
                                  .module = facts_.module,
                                  .token = facts_.token,
                                  .pin_file = facts_.pin_file,
                                  .ledger_key_uri = ledger_key_uri_,
                                  .agent_ca_key_uri = agent_ca_key_uri_,
                                  .listen = facts_.agent_address,
                                  .tls = tls,
                                  .client_ca = facts_.ca,
                                  .operator_socket = operator_socket,
                                  .policy = facts_.policy,
                                  .directory_url = facts_.pebble_directory_url,
                                  .tls_roots = facts_.pebble_tls_root,
                                  .roots = facts_.pebble_roots,
                                  .dns_program = dns_program}),
                     0600);
  }

  Result<void> StartService() {
    std::array<int, 2> ready_pipe{};
    if (::pipe2(ready_pipe.data(), O_CLOEXEC | O_NONBLOCK) != 0) return SystemError("a pipe");
    const UniqueFd reader(ready_pipe[0]);
    UniqueFd writer(ready_pipe[1]);
    RETURN_IF_ERROR(supervisor_.Start(
        {.name = std::string(kService),
         .program = &programs_.self,
         .arguments = {"serve", "--config", facts_.service_config.string(), "--ready-fd", "3"},
         .environment = softhsm2_conf_,
         .directory = directory_.path(),
         .log = directory_.log(kService),
         .extra_fd = writer.get()}));
    writer.Close();
    const auto ready = [&] {
      char octet = 0;
      return ::read(reader.get(), &octet, 1) == 1;
    };
    RETURN_IF_ERROR(supervisor_.WaitUntil(kService, ready, seconds{60}));
    announcement_.Step("certbrokerd", facts_.agent_address);
    return {};
  }

  // It may be killed again before it is ready; one that never becomes ready is given up.
  Result<void> ReviveService() {
    constexpr int kTries = 5;
    Result<void> started;
    for (int i = 0; i < kTries; ++i) {
      started = StartService();
      if (started) return WriteFacts();
      if (started.error().reason() != Reason::kInternal) break;
    }
    return started;
  }

  Result<void> CreateAccount() {
    RETURN_IF_ERROR(
        supervisor_.Run({.name = "certbroker accounts create",
                         .program = &programs_.operator_cli,
                         .arguments = {"--operator", facts_.operator_address, "accounts", "create",
                                       "--issuer", "pebble", "--agree-tos", "--wait"},
                         .environment = {},
                         .log = directory_.log("accounts")},
                        seconds{60}));
    announcement_.Step("account", "main at pebble");
    return {};
  }

  // The agent CA is made in the background: the service does not wait for the HSM.
  Result<void> CreateJoinToken() {
    const fs::path answer = directory_.log("join-token");
    RETURN_IF_ERROR(supervisor_.Run(
        {.name = "certbroker tokens create",
         .program = &programs_.operator_cli,
         .arguments = {"--operator", facts_.operator_address, "-o", "json", "tokens", "create",
                       "--agent", DevAgents().front().name, "--ttl", "24h"},
         .environment = {},
         .log = answer},
        seconds{30}));
    const Result<std::string> token = JoinTokenIn(answer);
    std::error_code ignored;
    fs::remove(answer, ignored);
    if (!token) return token.error();
    facts_.join_token = directory_.path() / "join-token";
    announcement_.Step("join token", facts_.join_token.string());
    return WriteFile(facts_.join_token, *token + "\n", 0600);
  }

  Result<void> WriteFacts() {
    facts_.pids = supervisor_.Running();
    facts_.pids.insert(facts_.pids.begin(), {"supervisor", ::getpid()});
    return WriteFile(directory_.path() / "stack.json", StackJson(facts_), 0600);
  }

  Result<void> TellReady() {
    if (options_.ready_fd < 0) return {};
    const bool told = ::write(options_.ready_fd, "R", 1) == 1;
    ::close(options_.ready_fd);
    if (!told) return SystemError("telling that the stack is ready");
    return {};
  }

  const StackOptions& options_;
  const Programs& programs_;
  const StackDirectory& directory_;
  Clock& clock_;
  Random& random_;
  Supervisor supervisor_;
  Announcement announcement_;
  StackFacts facts_;
  std::vector<std::pair<std::string, std::string>> softhsm2_conf_;
  std::string ledger_key_uri_;
  std::string agent_ca_key_uri_;
  std::optional<PebblePorts> pebble_ports_;
  std::optional<LoopbackPort> agent_port_;
};

}  // namespace

Result<void> RunStack(const StackOptions& options, Clock& clock, Random& random) {
  ASSIGN_OR_RETURN(const Programs programs, FindPrograms(options));
  RETURN_IF_ERROR(GiveUpRoot(options));
  ::umask(077);
  ASSIGN_OR_RETURN(const StackDirectory directory, StackDirectory::Claim(options.directory));
  ::setenv("HOME", directory.path().c_str(), 1);
  Stack stack(options, programs, directory, clock, random);
  Result<void> result = stack.Start();
  if (result) result = stack.WaitForEnd();
  stack.Stop();
  return result;
}

}  // namespace certbroker::dev
