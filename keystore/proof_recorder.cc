#include "keystore/proof_recorder.h"

#include "keystore/key_kind.h"
#include "keystore/key_uri.h"

namespace certbroker::keystore {

Result<void> ProofRecorder::Record(const KeyEntry& entry, const PublicKey& key,
                                   ByteView octets) const {
  KeyUse use;
  use.purpose = SignaturePurpose::kKeyProof;
  if (const auto uri = KeyUri::ForKey(token_label_, entry.id)) use.key_uri = uri->ToString();
  use.thumbprint = key.thumbprint();
  use.input_sha256 = Sha256(octets);
  return ledger_.Record(use, deadline_);
}

}  // namespace certbroker::keystore
