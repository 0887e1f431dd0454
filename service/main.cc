// certbrokerd: the service. Builds the graph; knows everything, does nothing.
#include <csignal>

#include <CLI/CLI.hpp>

#include "service/dev_command.h"

int main(int argc, char** argv) {
  // A PKCS#11 transport or a peer that closes its end must not end the broker.
  std::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c)
  CLI::App app("certbrokerd: gets, renews and revokes certificates for a fleet", "certbrokerd");
  app.require_subcommand(1);
  certbroker::DevCommand dev(app);
  CLI11_PARSE(app, argc, argv);
  return dev.given() ? dev.Run() : 0;
}
