// cli/keystore_command.h: `certbroker keystore …`: the acts of somebody who may log in to the
// token. They talk to the token itself, not to the service.
#pragma once

#include <memory>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/keystore_act.h"

namespace certbroker::cli {

// PINs never come from the command line. One login per run (qualify: three with the same PIN): a
// PIN that a token refused is not tried again.
class KeystoreCommand {
 public:
  explicit KeystoreCommand(CLI::App& app);
  KeystoreCommand(const KeystoreCommand&) = delete;
  KeystoreCommand& operator=(const KeystoreCommand&) = delete;

  bool given() const { return command_->parsed(); }
  Result<int> Run(client::OutputFormat output);

 private:
  CLI::App* command_;
  std::vector<std::unique_ptr<KeystoreAct>> acts_;
};

}  // namespace certbroker::cli
