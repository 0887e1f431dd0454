// db/order_ending.h: what has to happen when an order has become terminal, or begins again, in the
// transaction that made it so.
#pragma once

#include <optional>

#include "core/ids.h"
#include "core/result.h"
#include "db/transaction.h"

namespace certbroker::db {

// What the order's attempts before `attempt` (nothing: all of them) have put up comes down (I13).
Result<void> WithdrawChallenges(Transaction& tx, OrderId id, std::optional<int> attempt);

// What is still pending at the CA of an order that ended without a certificate, or (`attempt`) of
// its attempts before that one, is put on record to be deactivated (RFC 8555 §7.5.2).
Result<void> AbandonAuthorizations(Transaction& tx, OrderId id, std::optional<int> attempt);

// An order whose row names another account now: its old place goes to the next order there, and it
// takes one at the new account, or waits for it. Precondition: as EndOrder; its lease was given
// back.
Result<void> ChangeSlot(Transaction& tx, OrderId id);

// Its challenges come down (I13), and its place goes to the next order for the same names.
// Precondition: the order's row is written, and so locked, by this transaction.
Result<void> EndOrder(Transaction& tx, OrderId id);

}  // namespace certbroker::db
