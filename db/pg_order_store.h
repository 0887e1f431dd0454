// db/pg_order_store.h: OrderStore on Postgres.
#pragma once

#include <optional>
#include <vector>

#include "core/ports/order_store.h"

namespace certbroker::db {

class ConnectionPool;

class PgOrderStore final : public OrderStore {
 public:
  explicit PgOrderStore(ConnectionPool& pool) : pool_(pool) {}

  Result<Order> Create(const Approval& approval, const NewOrder& order,
                       const RequestKey& request) override;
  Result<Order> Get(OrderId id, const std::optional<AgentId>& owner) override;
  Result<Page<Order>> List(const OrderFilter& filter, const PageRequest& page) override;
  Result<std::vector<OrderEvent>> Events(OrderId id) override;
  Result<Order> Cancel(OrderId id, const std::optional<AgentId>& owner,
                       const RequestKey& request) override;

 private:
  ConnectionPool& pool_;
};

}  // namespace certbroker::db
