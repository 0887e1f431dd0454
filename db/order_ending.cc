#include "db/order_ending.h"

#include "db/queries.h"

namespace certbroker::db {
namespace {

Result<void> PassSlotOn(Transaction& tx, OrderId id) {
  ASSIGN_OR_RETURN(const Rows freed, tx.Exec(sql::kFreeSlot, {id}));
  if (freed.empty()) return {};  // it was still waiting for one
  const Row slot = freed.front();
  ASSIGN_OR_RETURN(const Rows next,
                   tx.Exec(sql::kPassSlotOn, {slot.Text("account"), slot.Octets("names_sha256")}));
  if (next.empty()) return {};
  tx.Tell(Channel::kOrder, next.front().Text("id"));
  tx.Tell(Channel::kWork);
  return {};
}

}  // namespace

Result<void> WithdrawChallenges(Transaction& tx, OrderId id, std::optional<int> attempt) {
  ASSIGN_OR_RETURN(const Rows withdrawn, tx.Exec(sql::kWithdrawChallenges, {id, attempt}));
  for (std::size_t i = 0; i < withdrawn.size(); ++i) {
    if (withdrawn[i].Bool("by_agent")) {
      tx.Tell(Channel::kChallenge, withdrawn[i].Text("agent"));
    } else {
      tx.Tell(Channel::kWork);
    }
  }
  return {};
}

Result<void> AbandonAuthorizations(Transaction& tx, OrderId id, std::optional<int> attempt) {
  RETURN_IF_ERROR(tx.Exec(sql::kAbandonAuthorizations, {id, attempt}));
  return {};
}

Result<void> ChangeSlot(Transaction& tx, OrderId id) {
  RETURN_IF_ERROR(PassSlotOn(tx, id));
  RETURN_IF_ERROR(tx.Exec(sql::kClaimSlot, {id}));
  return {};
}

Result<void> EndOrder(Transaction& tx, OrderId id) {
  RETURN_IF_ERROR(WithdrawChallenges(tx, id, std::nullopt));
  return PassSlotOn(tx, id);
}

}  // namespace certbroker::db
