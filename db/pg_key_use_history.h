// db/pg_key_use_history.h: what the ledger of key uses says.
#pragma once

#include "core/ports/key_use_ledger.h"

namespace certbroker::db {

class ConnectionPool;

class PgKeyUseHistory final : public KeyUseHistory {
 public:
  explicit PgKeyUseHistory(ConnectionPool& pool) : pool_(pool) {}  // outlives it
  Result<Page<RecordedKeyUse>> List(const KeyUseFilter& filter, const PageRequest& page) override;

 private:
  ConnectionPool& pool_;
};

}  // namespace certbroker::db
