// core/ports/checkpoint_store.h: the signed checkpoints of the ledger of key uses.
#pragma once

#include <chrono>
#include <optional>

#include "core/checkpoint.h"
#include "core/page.h"
#include "core/result.h"

namespace certbroker {

// Thread-safe; blocks. kDatabaseUnavailable.
class CheckpointStore {
 public:
  virtual ~CheckpointStore() = default;

  // How far the ledger has come; nothing while there is a checkpoint younger than `interval`, or
  // one that says it already.
  virtual Result<std::optional<Checkpoint>> Due(std::chrono::milliseconds interval) = 0;
  // Two replicas may add the same one; the first stays.
  virtual Result<void> Add(const SignedCheckpoint& checkpoint) = 0;
  // Newest first. kInvalidArgument (page token).
  virtual Result<Page<SignedCheckpoint>> List(const PageRequest& page) = 0;
};

}  // namespace certbroker
