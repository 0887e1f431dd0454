// db/order_rows.h: an Order as its row and the rows of its authorizations.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/order.h"
#include "core/ports/order_queue.h"
#include "core/result.h"
#include "db/transaction.h"

namespace certbroker::db {

// The orders of `ids` that exist, in the order of `ids`.
Result<std::vector<Order>> ReadOrders(Transaction& tx, const std::vector<OrderId>& ids);
// One that must exist.
Result<Order> ReadOrder(Transaction& tx, OrderId id);

// How an order is written under its lease, beside its own values.
struct OrderWrite {
  std::int64_t number = 0;  // random; the proof that this write is stored (reliability 1.9)
  std::optional<std::chrono::milliseconds> due_in;  // nothing: goes on under the lease
  bool wakeable = true;
  std::chrono::milliseconds lease{0};  // goes on for at least so long
  std::string event;
  std::optional<IntentId> settles;
  bool csr_sent = false;
};

// kBefore: an earlier run of the same transaction was committed after all; everything is stored.
enum class Written { kNow, kBefore, kLeaseLost };

// Writes what the machine moves: the row, its authorizations, the event; ends what a terminal order
// holds (its slot, its challenges) and tells whoever waits. kLeaseLost: nothing is changed.
Result<Written> WriteOrder(Transaction& tx, const Order& order, const OrderWrite& write);

}  // namespace certbroker::db
