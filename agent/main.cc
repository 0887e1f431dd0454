// certbroker-agent: gets, renews and revokes the certificates of one host; their keys never leave
// it.

#include <csignal>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "agent/cancel_command.h"
#include "agent/command_context.h"
#include "agent/issue_command.h"
#include "agent/join_command.h"
#include "agent/leave_command.h"
#include "agent/revoke_command.h"
#include "agent/status_command.h"
#include "core/process_memory.h"
#include "core/version.h"

namespace certbroker::agent {
namespace {

int Main(int argc, char** argv) {
  CLI::App app{
      "certbroker-agent: gets, renews and revokes this host's certificates; their keys are made "
      "here and stay here"};
  app.name(std::string(kProgram));
  app.set_version_flag("--version", fmt::format("{} {}", kProgram, Version()));
  app.require_subcommand(1);
  // Global options are understood behind the command too.
  app.fallthrough();
  GlobalOptions options;
  options.AddTo(app);
  JoinCommand join(app);
  LeaveCommand leave(app);
  IssueCommand issue(app);
  RenewCommand renew(app);
  RevokeCommand revoke(app);
  CancelCommand cancel(app);
  StatusCommand status(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? client::kExitDone : client::kExitUsage;
  }

  SystemClock clock;
  const Interrupt interrupt(clock);
  SystemRandom random;
  const CommandContext context{
      .options = options, .interrupt = interrupt, .clock = clock, .random = random};
  if (join.given()) return join.Run(context);
  if (leave.given()) return leave.Run(context);
  if (issue.given()) return issue.Run(context);
  if (renew.given()) return renew.Run(context);
  if (revoke.given()) return revoke.Run(context);
  if (cancel.given()) return cancel.Run(context);
  return status.Run(context);
}

}  // namespace
}  // namespace certbroker::agent

int main(int argc, char** argv) {
  // A reader of our output that has gone is an error of writing, not the end of an order.
  std::signal(SIGPIPE, SIG_IGN);
  certbroker::client::PrepareProcess();
  certbroker::KeepMemoryPrivate();
  return certbroker::agent::Main(argc, argv);
}
