// cli/keystore_destroy.h: `certbroker keystore destroy`.
#pragma once

#include <string>

#include "cli/keystore_act.h"
#include "keystore/key_destruction.h"

namespace certbroker::cli {

// Without --yes it says what it would destroy, and kExitFailed. Errors as keystore::DestroyKey.
class KeystoreDestroy final : public KeystoreAct {
 public:
  explicit KeystoreDestroy(CLI::App& command);
  Result<int> Run(client::OutputFormat output) override;

 private:
  TokenOptions token_;
  keystore::DestroyOptions options_;
  std::string id_;
};

}  // namespace certbroker::cli
