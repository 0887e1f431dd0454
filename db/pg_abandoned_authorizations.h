// db/pg_abandoned_authorizations.h: AbandonedAuthorizations on Postgres.
#pragma once

#include "core/ports/abandoned_authorizations.h"

namespace certbroker::db {

class ConnectionPool;

class PgAbandonedAuthorizations final : public AbandonedAuthorizations {
 public:
  explicit PgAbandonedAuthorizations(ConnectionPool& pool) : pool_(pool) {}

  Result<LeasedAbandoned> LeaseAbandoned(const LeaseRequest& request) override;
  Result<void> Commit(const AbandonedCommit& commit) override;

 private:
  ConnectionPool& pool_;
};

}  // namespace certbroker::db
