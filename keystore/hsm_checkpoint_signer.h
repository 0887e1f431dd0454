// keystore/hsm_checkpoint_signer.h: a key in a token that signs checkpoints of the ledger and
// nothing else.
#pragma once

#include <memory>

#include "core/ports/checkpoint_signer.h"
#include "keystore/bound_key.h"
#include "keystore/hsm_workers.h"
#include "keystore/token_link.h"

namespace certbroker::keystore {

class HsmCheckpointSigner final : public CheckpointSigner {
 public:
  // `workers` and `link` outlive it.
  HsmCheckpointSigner(HsmWorkers& workers, TokenLink& link, std::shared_ptr<BoundKey> key)
      : workers_(workers), link_(link), key_(std::move(key)) {}

  Result<SignedCheckpoint> Sign(const Checkpoint& checkpoint, SteadyTime deadline) override;

 private:
  HsmWorkers& workers_;
  TokenLink& link_;
  const std::shared_ptr<BoundKey> key_;
};

}  // namespace certbroker::keystore
