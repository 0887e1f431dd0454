// certbroker: the operator's command line.

#include <csignal>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "cli/keystore_command.h"

namespace certbroker::cli {
namespace {

enum ExitCode { kDone = 0, kFailed = 1, kUsage = 2 };

int Report(const Result<bool>& result) {
  if (result) return *result ? kDone : kFailed;
  const Error& error = result.error();
  fmt::print(stderr, "certbroker: {} [{}]\n", error.detail(), TraitsOf(error.reason()).name);
  for (const Violation& violation : error.violations()) {
    fmt::print(stderr, "  {}: {}\n", violation.subject, violation.description);
  }
  return kFailed;
}

int Main(int argc, char** argv) {
  CLI::App app{"certbroker: accounts, orders, certificates and keys, for operators"};
  app.set_version_flag("--version", "certbroker 0.1.0");
  app.require_subcommand(1);
  KeystoreCommand keystore(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUsage;
  }
  return Report(keystore.Run());
}

}  // namespace
}  // namespace certbroker::cli

int main(int argc, char** argv) {
  // A closed PKCS#11 transport or pipe must be an error, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  return certbroker::cli::Main(argc, argv);
}
