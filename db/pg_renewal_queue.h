// db/pg_renewal_queue.h: RenewalQueue on Postgres.
#pragma once

#include "core/ports/renewal_queue.h"

namespace certbroker::db {

class ConnectionPool;

class PgRenewalQueue final : public RenewalQueue {
 public:
  explicit PgRenewalQueue(ConnectionPool& pool) : pool_(pool) {}

  Result<LeasedRenewals> LeaseRenewals(const LeaseRequest& request) override;
  Result<void> Commit(const RenewalCommit& commit) override;

 private:
  ConnectionPool& pool_;
};

}  // namespace certbroker::db
