// cli/keystore_list.h: `certbroker keystore list`.
#pragma once

#include "cli/keystore_act.h"

namespace certbroker::cli {

// Every private key, also those that may not be used, which is no failure here (`check` is for
// that). kExitDone, also for a token without keys. Errors as keystore::Keystore.
class KeystoreList final : public KeystoreAct {
 public:
  explicit KeystoreList(CLI::App& command) : KeystoreAct(command) { token_.AddTo(command); }
  Result<int> Run(client::OutputFormat output) override;

 private:
  TokenOptions token_;
};

}  // namespace certbroker::cli
