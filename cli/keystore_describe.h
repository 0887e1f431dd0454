// cli/keystore_describe.h: `certbroker keystore describe`.
#pragma once

#include <string>

#include "cli/keystore_act.h"

namespace certbroker::cli {

// One key: every attribute, what it proves, whether it is required. kExitFailed without an error:
// the key may not be used. Errors as keystore::Keystore; kHsmKeyRefused: several keys fit.
class KeystoreDescribe final : public KeystoreAct {
 public:
  explicit KeystoreDescribe(CLI::App& command);
  Result<int> Run(client::OutputFormat output) override;

 private:
  TokenOptions token_;
  std::string label_;
  std::string id_;
};

}  // namespace certbroker::cli
