// certbroker: the operator's command line.

#include <csignal>
#include <string>

#include <CLI/CLI.hpp>

#include "cli/accounts_command.h"
#include "cli/admin_command.h"
#include "cli/agents_command.h"
#include "cli/audit_command.h"
#include "cli/certificates_command.h"
#include "cli/explain_command.h"
#include "cli/keystore_command.h"
#include "cli/orders_command.h"
#include "cli/service_link.h"
#include "cli/tokens_command.h"
#include "client/channel.h"
#include "core/random.h"
#include "core/version.h"

namespace certbroker::cli {
namespace {

using client::OutputFormat;

struct GlobalOptions {
  std::string operator_address;
  std::string output = "text";

  OutputFormat format() const {
    return output == "json" ? OutputFormat::kJson : OutputFormat::kText;
  }
};

void AddGlobalOptions(CLI::App& app, GlobalOptions& options) {
  app.set_version_flag("--version", "certbroker " + std::string(Version()));
  app.add_option("--operator", options.operator_address,
                 "The service's socket for operators, unix:PATH")
      ->envname("CERTBROKER_OPERATOR");
  app.add_option("-o,--output", options.output, "Form of what is printed")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  app.require_subcommand(1);
  // Global options are taken after the subcommand too.
  app.fallthrough();
}

int RunKeystore(KeystoreCommand& command, OutputFormat output) {
  const Result<int> result = command.Run(output);
  return result ? *result : client::ReportFailure(kProgram, output, result.error());
}

// `command` takes a ServiceLink and returns the exit code.
template <class Command>
int WithService(const GlobalOptions& options, const Command& command) {
  client::PrepareProcess();
  auto channel = client::ConnectLocal(options.operator_address);
  if (!channel) return client::ReportFailure(kProgram, options.format(), channel.error());
  SystemClock clock;
  SystemRandom random;
  // Ctrl-C just ends the program: what it asked for is on record at the service.
  const client::Wait wait = client::WaitUnless({});
  const client::Calls calls({.clock = clock, .random = random, .stop = {}, .wait = wait});
  return command.Run({.channel = *std::move(channel),
                      .calls = calls,
                      .wait = wait,
                      .clock = clock,
                      .random = random,
                      .output = options.format()});
}

int Main(int argc, char** argv) {
  CLI::App app{"certbroker: agents, accounts, orders, certificates and keys, for operators"};
  GlobalOptions options;
  AddGlobalOptions(app, options);
  AccountsCommand accounts(app);
  OrdersCommand orders(app);
  CertificatesCommand certificates(app);
  ExplainCommand explain(app);
  AuditCommand audit(app);
  AgentsCommand agents(app);
  TokensCommand tokens(app);
  AdminCommand admin(app);
  KeystoreCommand keystore(app);
  try {
    app.parse(argc, argv);
    if (!keystore.given() && options.operator_address.empty()) {
      throw CLI::RequiredError("--operator (or CERTBROKER_OPERATOR)");
    }
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? client::kExitDone : client::kExitUsage;
  }
  if (keystore.given()) return RunKeystore(keystore, options.format());
  if (accounts.given()) return WithService(options, accounts);
  if (explain.given()) return WithService(options, explain);
  if (orders.given()) return WithService(options, orders);
  if (audit.given()) return WithService(options, audit);
  if (agents.given()) return WithService(options, agents);
  if (tokens.given()) return WithService(options, tokens);
  if (admin.given()) return WithService(options, admin);
  return WithService(options, certificates);
}

}  // namespace
}  // namespace certbroker::cli

int main(int argc, char** argv) {
  // A closed PKCS#11 transport or pipe must be an error, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  return certbroker::cli::Main(argc, argv);
}
