#include "keystore/proofs_only_ledger.h"

namespace certbroker::keystore {

Result<void> ProofsOnlyLedger::Record(const KeyUse& use, SteadyTime) {
  if (use.purpose == SignaturePurpose::kKeyProof) return {};
  return Error(
      Reason::kHsmKeyRefused,
      "this command only looks at keys; signatures for a CA are made by the service, which "
      "keeps a record of them");
}

}  // namespace certbroker::keystore
