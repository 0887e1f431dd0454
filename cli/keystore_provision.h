// cli/keystore_provision.h: `certbroker keystore provision`.
#pragma once

#include <string>

#include "cli/keystore_act.h"
#include "keystore/provision.h"

namespace certbroker::cli {

// Errors as keystore::Provision.
class KeystoreProvision final : public KeystoreAct {
 public:
  explicit KeystoreProvision(CLI::App& command);
  Result<int> Run(client::OutputFormat output) override;

 private:
  TokenOptions token_;
  keystore::ProvisionOptions options_;
  std::string algorithm_;  // empty: keystore::Provision's default
};

}  // namespace certbroker::cli
