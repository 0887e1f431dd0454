// cli/keystore_check.h: `certbroker keystore check`.
#pragma once

#include "cli/keystore_act.h"
#include "cli/keystore_report.h"

namespace certbroker::cli {

// kExitFailed without an error: a key may not be used. Errors as keystore::Keystore.
class KeystoreCheck final : public KeystoreAct {
 public:
  explicit KeystoreCheck(CLI::App& command);
  Result<int> Run(client::OutputFormat output) override;

 private:
  TokenOptions token_;
  KeySelection selection_;
};

}  // namespace certbroker::cli
