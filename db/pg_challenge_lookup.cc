#include "db/pg_challenge_lookup.h"

#include "db/order_waking.h"
#include "db/queries.h"
#include "db/transaction.h"

namespace certbroker::db {
namespace {

Result<void> RecordHit(Transaction& tx, const Row& row) {
  const auto order = row.IdAs<OrderId>("order_id");
  // Before the challenge's row: one order of locks (lock_order.sql).
  RETURN_IF_ERROR(tx.Exec(sql::kLockOrderById, {order}));
  RETURN_IF_ERROR(tx.Exec(sql::kRecordHit, {order, row.Int("attempt"), row.Int("position")}));
  return WakeOrder(tx, order);
}

}  // namespace

Result<std::optional<std::string>> PgChallengeLookup::KeyAuthorizationFor(const Identifier& name,
                                                                          std::string_view token) {
  return RunTransactionFor<std::optional<std::string>>(
      pool_, Mode::kWrite, "looking up a challenge",
      [&](Transaction& tx) -> Result<std::optional<std::string>> {
        ASSIGN_OR_RETURN(const Rows rows, tx.Exec(sql::kFindServedChallenge, {token, name}));
        if (rows.empty()) return std::optional<std::string>();
        if (!rows.front().Bool("hit")) RETURN_IF_ERROR(RecordHit(tx, rows.front()));
        return std::optional(rows.front().Text("key_authorization"));
      });
}

}  // namespace certbroker::db
