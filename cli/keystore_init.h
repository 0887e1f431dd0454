// cli/keystore_init.h: `certbroker keystore init`.
#pragma once

#include "cli/keystore_act.h"
#include "keystore/provision.h"

namespace certbroker::cli {

// The token alone, for a ceremony in which somebody else makes the keys. Errors as
// keystore::Provision.
class KeystoreInit final : public KeystoreAct {
 public:
  explicit KeystoreInit(CLI::App& command);
  Result<int> Run(client::OutputFormat output) override;

 private:
  TokenOptions token_;
  std::string so_pin_file_;
  std::string sync_dir_;
};

}  // namespace certbroker::cli
