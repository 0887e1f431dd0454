// tests/fakes/fake_order_queue.h: OrderQueue in memory.
#pragma once

#include <string>

#include "core/ports/order_queue.h"
#include "tests/fakes/fake_tables.h"

namespace certbroker::fakes {

class FakeOrderQueue final : public OrderQueue {
 public:
  explicit FakeOrderQueue(Tables& tables) : tables_(tables) {}

  Result<LeasedOrders> Lease(const LeaseRequest& request) override;
  Result<IntentId> RecordIntent(const Order& order, const Intent& intent,
                                const std::string& event) override;
  Result<void> Commit(const OrderCommit& commit) override;
  Result<void> Wake(OrderId id) override;
  Result<void> Release(const std::string& owner) override;

 private:
  Tables& tables_;
};

void WakeOrder(State& state, OrderId id);

}  // namespace certbroker::fakes
