// cli/keystore_command.h: `certbroker keystore provision` and `check`: the two acts of somebody who
// may log in to the token. They talk to the token itself, not to the service.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "client/report.h"
#include "core/result.h"
#include "keystore/provision.h"

namespace certbroker::cli {

// PINs come from files only. One login per run: a PIN that a token refused is not tried again.
class KeystoreCommand {
 public:
  // `app` parses into this object, so it must stay where it is.
  explicit KeystoreCommand(CLI::App& app);
  KeystoreCommand(const KeystoreCommand&) = delete;
  KeystoreCommand& operator=(const KeystoreCommand&) = delete;

  bool given() const { return command_->parsed(); }
  // Blocks for the token. Prints what was found or made. The exit code; kExitFailed without an
  // error: a key may not be used, and what was printed says so. Errors as keystore::Provision and
  // keystore::Keystore.
  Result<int> Run(client::OutputFormat output);

 private:
  void AddToken(CLI::App& command);
  Result<int> Provision(client::OutputFormat output);
  Result<int> Check(client::OutputFormat output);

  CLI::App* command_;
  CLI::App* provision_command_;
  CLI::App* check_command_;
  keystore::ProvisionOptions options_;
  std::string algorithm_;  // empty: keystore::Provision's default
};

}  // namespace certbroker::cli
