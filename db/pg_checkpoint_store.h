// db/pg_checkpoint_store.h: the ledger's checkpoints in Postgres.
#pragma once

#include "core/ports/checkpoint_store.h"

namespace certbroker::db {

class ConnectionPool;

class PgCheckpointStore final : public CheckpointStore {
 public:
  explicit PgCheckpointStore(ConnectionPool& pool) : pool_(pool) {}  // outlives it
  Result<std::optional<Checkpoint>> Due(std::chrono::milliseconds interval) override;
  Result<void> Add(const SignedCheckpoint& checkpoint) override;
  Result<Page<SignedCheckpoint>> List(const PageRequest& page) override;

 private:
  ConnectionPool& pool_;
};

}  // namespace certbroker::db
