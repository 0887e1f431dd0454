// certbrokerd: the service. `serve` runs it, `dev` runs a whole stack around it on loopback,
// `revoke` is for when neither can help.

#include <csignal>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>

#include "core/error_text.h"
#include "core/process_memory.h"
#include "core/version.h"
#include "service/dev_command.h"
#include "service/revoke_command.h"
#include "service/rpc/server.h"
#include "service/serve.h"

namespace certbroker {
namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;  // the command line is not understood; as the other programs say it

int Report(const Result<void>& result) {
  if (result) return 0;
  std::cerr << ErrorText("certbrokerd", result.error());
  return kFailed;
}

int Main(int argc, char** argv) {
  CLI::App app{
      "certbrokerd: gets, renews and revokes certificates for a fleet; keeps ACME account keys in "
      "an HSM"};
  app.set_version_flag("--version", "certbrokerd " + std::string(Version()));
  app.require_subcommand(1);

  ServeOptions serve;
  CLI::App* serve_command = app.add_subcommand("serve", "Run the service until SIGTERM");
  serve_command->add_option("--config", serve.config_file, "Configuration file (TOML)")->required();
  serve_command->add_flag("--check-config", serve.check_only,
                          "Check the configuration, policy and certificates; start nothing");
  serve_command->add_option("--ready-fd", serve.ready_fd,
                            "Descriptor to write one octet to when the service is ready");

  const RevokeCommand revoke(app);
  DevCommand dev(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  if (dev.given()) return dev.Run();
  KeepMemoryPrivate();
  if (revoke.given()) return revoke.Run();
  rpc::PrepareProcess();
  if (serve.check_only) {
    const int code = Report(Serve(serve));
    if (code == 0) std::cout << serve.config_file << ": ok\n";
    return code;
  }
  return Report(Serve(serve));
}

}  // namespace
}  // namespace certbroker

int main(int argc, char** argv) {
  // A closed PKCS#11 transport or socket must be an error, not the end of the process (keystore
  // notes, D17).
  std::signal(SIGPIPE, SIG_IGN);
  return certbroker::Main(argc, argv);
}
