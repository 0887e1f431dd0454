// core/ports/checkpoint_signer.h: the key that signs checkpoints of the ledger, wherever it lives.
#pragma once

#include "core/checkpoint.h"
#include "core/clock.h"
#include "core/result.h"

namespace certbroker {

// Thread-safe; blocks for one HSM round trip, never past `deadline`. Errors as Signer::Sign.
class CheckpointSigner {
 public:
  virtual ~CheckpointSigner() = default;
  virtual Result<SignedCheckpoint> Sign(const Checkpoint& checkpoint, SteadyTime deadline) = 0;
};

}  // namespace certbroker
