#include "db/order_waking.h"

#include "db/queries.h"

namespace certbroker::db {

Result<void> WakeOrder(Transaction& tx, OrderId id) {
  ASSIGN_OR_RETURN(const Rows rows, tx.Exec(sql::kWakeOrder, {id}));
  if (!rows.empty() && rows.front().Bool("due")) tx.Tell(Channel::kWork);
  return {};
}

Result<void> WakeOrdersOf(Transaction& tx, const AccountName& account) {
  ASSIGN_OR_RETURN(const Rows rows, tx.Exec(sql::kWakeOrdersOfAccount, {account}));
  if (!rows.empty()) tx.Tell(Channel::kWork);
  return {};
}

}  // namespace certbroker::db
