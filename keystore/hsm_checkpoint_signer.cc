#include "keystore/hsm_checkpoint_signer.h"

#include "keystore/signed_digest.h"

namespace certbroker::keystore {

Result<SignedCheckpoint> HsmCheckpointSigner::Sign(const Checkpoint& checkpoint,
                                                   SteadyTime deadline) {
  const PublicKey& key = key_->public_key();
  const UnsignedCheckpoint jws(checkpoint, key.jwk());
  const Bytes digest = DigestFor(key.kind(), AsBytes(jws.SigningInput()));
  ASSIGN_OR_RETURN(const Bytes signature,
                   SignDigestChecked(workers_, link_, key_, digest, deadline));
  return SignedCheckpoint{checkpoint, key.thumbprint(), jws.WithSignature(signature)};
}

}  // namespace certbroker::keystore
