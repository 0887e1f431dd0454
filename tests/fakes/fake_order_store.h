// tests/fakes/fake_order_store.h: OrderStore in memory.
#pragma once

#include <optional>
#include <vector>

#include "core/ports/order_store.h"
#include "tests/fakes/fake_tables.h"

namespace certbroker::fakes {

class FakeOrderStore final : public OrderStore {
 public:
  explicit FakeOrderStore(Tables& tables) : tables_(tables) {}

  Result<Order> Create(const Approval& approval, const NewOrder& order,
                       const RequestKey& request) override;
  Result<Order> Get(OrderId id, const std::optional<AgentId>& owner) override;
  Result<Page<Order>> List(const OrderFilter& filter, const PageRequest& page) override;
  Result<std::vector<OrderEvent>> Events(OrderId id) override;
  Result<Order> Cancel(OrderId id, const std::optional<AgentId>& owner,
                       const RequestKey& request) override;

 private:
  Tables& tables_;
};

// What happens when an order has become terminal: challenges come down, the slot is passed on.
void EndOrder(State& state, OrderRow& row);
// What happens when its row names another account: it waits for its slot there.
void ChangeSlot(State& state, OrderRow& row, const AccountName& account_before);

}  // namespace certbroker::fakes
