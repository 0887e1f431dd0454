// cli/keystore_act.h: what the subcommands of `certbroker keystore` have in common.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "client/report.h"
#include "core/result.h"

namespace certbroker::cli {

// Which token, and how it is logged in to.
struct TokenOptions {
  std::string module;
  std::string init_args;
  std::string token_label;
  std::string pin_file;

  // `command` parses into this object, so it must stay where it is.
  void AddTo(CLI::App& command) {
    command.add_option("--module", module, "The PKCS#11 module (shared object)")->required();
    command.add_option("--token", token_label, "The token's label")->required();
    command
        .add_option("--pin-file", pin_file,
                    "Where the user PIN is: a file, mode 0400; credential:NAME (systemd); or "
                    "fd:N, an inherited descriptor")
        ->type_name("FILE")
        ->required();
    command.add_option("--init-args", init_args, "For the module's C_Initialize; most need none");
  }
};

// One subcommand. It stays where it is: the command line parses into it.
class KeystoreAct {
 public:
  explicit KeystoreAct(CLI::App& command) : command_(command) {}
  virtual ~KeystoreAct() = default;
  KeystoreAct(const KeystoreAct&) = delete;
  KeystoreAct& operator=(const KeystoreAct&) = delete;

  bool given() const { return command_.parsed(); }
  // Blocks for the token. Prints what came of it. The exit code; kExitFailed without an error: what
  // was printed says why.
  virtual Result<int> Run(client::OutputFormat output) = 0;

 private:
  const CLI::App& command_;
};

}  // namespace certbroker::cli
