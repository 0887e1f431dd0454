// db/pg_revocation_queue.h: RevocationQueue on Postgres.
#pragma once

#include "core/ports/revocation_queue.h"

namespace certbroker::db {

class ConnectionPool;

class PgRevocationQueue final : public RevocationQueue {
 public:
  explicit PgRevocationQueue(ConnectionPool& pool) : pool_(pool) {}

  Result<LeasedRevocations> LeaseRevocations(const LeaseRequest& request) override;
  Result<IntentId> RecordIntent(RevocationId id, Fence fence, const Intent& intent) override;
  Result<void> Commit(const RevocationCommit& commit) override;

 private:
  ConnectionPool& pool_;
};

}  // namespace certbroker::db
