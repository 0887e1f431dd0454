// db/pg_order_queue.h: OrderQueue on Postgres.
#pragma once

#include <string>

#include "core/ports/order_queue.h"
#include "core/random.h"

namespace certbroker::db {

class ConnectionPool;

class PgOrderQueue final : public OrderQueue {
 public:
  // `random` numbers the writes, so that one whose COMMIT was in doubt can be recognized.
  PgOrderQueue(ConnectionPool& pool, Random& random) : pool_(pool), random_(random) {}

  Result<LeasedOrders> Lease(const LeaseRequest& request) override;
  Result<IntentId> RecordIntent(const Order& order, const Intent& intent,
                                const std::string& event) override;
  Result<void> Commit(const OrderCommit& commit) override;
  Result<void> Wake(OrderId id) override;
  Result<void> Release(const std::string& owner) override;

 private:
  ConnectionPool& pool_;
  Random& random_;
};

}  // namespace certbroker::db
