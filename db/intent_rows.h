// db/intent_rows.h: the ledger: signed requests before they are sent, and their answers.
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "core/ids.h"
#include "core/ports/order_queue.h"
#include "core/result.h"
#include "db/transaction.h"

namespace certbroker::db {

// Whose request it is; exactly one is set.
struct IntentSubject {
  std::optional<OrderId> order;
  std::optional<RevocationId> revocation;
};

// Safe to run again: the same bytes of the same subject are the same intent.
Result<IntentId> WriteIntent(Transaction& tx, const IntentSubject& subject, Fence fence,
                             const Intent& intent);

// Whatever became of the lease. Nothing happens when the intent is not the subject's, or has a fact
// already.
Result<void> WriteFact(Transaction& tx, const Uuid& subject, IntentId intent, const Fact& fact);

// The latest unsettled intent of each order or revocation that has one.
Result<std::unordered_map<Uuid, OpenIntent>> ReadOpenIntents(Transaction& tx,
                                                             const std::vector<Uuid>& subjects);

// "RETURN due_in_ms" of the next_…_due statements: nothing, or zero and more.
Result<std::optional<std::chrono::milliseconds>> ReadNextDue(Transaction& tx, const Query& query);

}  // namespace certbroker::db
