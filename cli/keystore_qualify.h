// cli/keystore_qualify.h: `certbroker keystore qualify`.
#pragma once

#include "cli/keystore_act.h"
#include "keystore/qualification.h"

namespace certbroker::cli {

// Text is printed as the steps come to their ends, JSON at the end. kExitDone: certbroker can run
// on the token. Ctrl-C ends the trial after the step that is under way, with what it made removed
// (kExitInterrupted); another one a second later ends it at once.
class KeystoreQualify final : public KeystoreAct {
 public:
  explicit KeystoreQualify(CLI::App& command);
  Result<int> Run(client::OutputFormat output) override;

 private:
  TokenOptions token_;
  keystore::QualificationOptions options_;
};

}  // namespace certbroker::cli
