// db/order_waking.h: something happened that an order was waiting for.
#pragma once

#include "core/ids.h"
#include "core/result.h"
#include "db/transaction.h"

namespace certbroker::db {

// As OrderQueue::Wake, within a transaction.
Result<void> WakeOrder(Transaction& tx, OrderId id);

// Those that wait for the account's key.
Result<void> WakeOrdersOf(Transaction& tx, const AccountName& account);

}  // namespace certbroker::db
