#include "db/pg_order_queue.h"

#include <array>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "core/check.h"
#include "core/order_state.h"
#include "db/certificate_rows.h"
#include "db/intent_rows.h"
#include "db/order_rows.h"
#include "db/order_waking.h"
#include "db/queries.h"
#include "db/transaction.h"

namespace certbroker::db {
namespace {

Error LeaseLost(OrderId id) {
  return Error(Reason::kLeaseLost,
               fmt::format("order {} is not ours any more: its lease was taken over, or it was "
                           "cancelled; nothing was changed",
                           id.ToString()));
}

std::int64_t RandomNumber(Random& random) {
  std::array<std::uint8_t, sizeof(std::int64_t)> octets{};
  random.Fill(octets);
  std::int64_t number = 0;
  std::memcpy(&number, octets.data(), octets.size());
  return number;
}

Result<LeasedOrders> LeaseIn(Transaction& tx, const LeaseRequest& request) {
  LeasedOrders leased;
  ASSIGN_OR_RETURN(const Rows rows,
                   tx.Exec(sql::kLeaseOrders, {request.owner, request.limit, request.lease}));
  ASSIGN_OR_RETURN(auto orders, ReadOrders(tx, rows.Ids<OrderId>("id")));
  ASSIGN_OR_RETURN(auto open, ReadOpenIntents(tx, rows.Ids<Uuid>("id")));
  for (Order& order : orders) {
    LeasedOrder& item = leased.orders.emplace_back();
    if (const auto intent = open.find(order.id.uuid()); intent != open.end()) {
      item.open_intent = std::move(intent->second);
    }
    item.order = std::move(order);
  }
  ASSIGN_OR_RETURN(leased.next_due_in, ReadNextDue(tx, sql::kNextOrderDue));
  return leased;
}

// RFC 8555 §8.1: a challenge's answer holds the thumbprint of the account's key.
Result<Written> MayBeProven(Transaction& tx, const OrderCommit& commit, std::int64_t number) {
  const Order& order = commit.order;
  ASSIGN_OR_RETURN(const Rows keys,
                   tx.Exec(sql::kCheckAccountKey, {order.account, commit.proven_with}));
  if (!keys.empty() && keys.front().Bool("may")) return Written::kNow;
  // Unless an earlier run of this transaction was committed, before the roll-over was put on
  // record.
  ASSIGN_OR_RETURN(const Rows written, tx.Exec(sql::kOrderWasWritten, {order.id, number}));
  if (!written.empty()) return Written::kBefore;
  return Error(
      Reason::kAccountNotReady,
      fmt::format("the key of account {} is being rolled over, or has been: the order goes "
                  "on with the new one",
                  order.account.ToString()));
}

// Leaves kLeaseLost as a value: the transaction must be committed all the same, for the fact.
Result<Written> CommitIn(Transaction& tx, const OrderCommit& commit, std::int64_t number) {
  const Order& order = commit.order;
  if (commit.settles && commit.settles->fact) {
    RETURN_IF_ERROR(WriteFact(tx, order.id.uuid(), commit.settles->intent, *commit.settles->fact));
  }
  if (!commit.proven_with.empty()) {
    ASSIGN_OR_RETURN(const Written before, MayBeProven(tx, commit, number));
    if (before != Written::kNow) return before;
  }
  OrderWrite write;
  write.number = number;
  write.due_in = commit.due_in;
  write.wakeable = commit.wakeable;
  write.lease = commit.lease;
  write.event = commit.event;
  if (commit.settles) write.settles = commit.settles->intent;
  ASSIGN_OR_RETURN(const Written written, WriteOrder(tx, order, write));
  if (written == Written::kNow && commit.issued) {
    RETURN_IF_ERROR(WriteVersion(tx, order.certificate, *commit.issued));
  }
  return written;
}

}  // namespace

Result<LeasedOrders> PgOrderQueue::Lease(const LeaseRequest& request) {
  return RunTransactionFor<LeasedOrders>(pool_, Mode::kWrite, "leasing orders",
                                         [&](Transaction& tx) { return LeaseIn(tx, request); });
}

Result<IntentId> PgOrderQueue::RecordIntent(const Order& order, const Intent& intent,
                                            const std::string& event) {
  OrderWrite write;
  write.event = event;
  write.number = RandomNumber(random_);
  write.csr_sent = intent.action == SignaturePurpose::kFinalize;
  return RunTransactionFor<IntentId>(
      pool_, Mode::kWrite, "recording a request before it is sent",
      [&](Transaction& tx) -> Result<IntentId> {
        ASSIGN_OR_RETURN(const Written written, WriteOrder(tx, order, write));
        if (written == Written::kLeaseLost) return LeaseLost(order.id);
        return WriteIntent(tx, {.order = order.id, .revocation = std::nullopt}, order.fence,
                           intent);
      });
}

Result<void> PgOrderQueue::Commit(const OrderCommit& commit) {
  CERTBROKER_CHECK(commit.issued.has_value() == (commit.order.state == OrderState::kIssued));
  CERTBROKER_CHECK(!commit.issued || commit.issued->order == commit.order.id);
  const std::int64_t number = RandomNumber(random_);
  ASSIGN_OR_RETURN(
      const Written written,
      RunTransactionFor<Written>(pool_, Mode::kWrite, "storing an order's step",
                                 [&](Transaction& tx) { return CommitIn(tx, commit, number); }));
  if (written == Written::kLeaseLost) return LeaseLost(commit.order.id);
  return {};
}

Result<void> PgOrderQueue::Wake(OrderId id) {
  return RunTransaction(pool_, Mode::kWrite, "waking an order",
                        [&](Transaction& tx) { return WakeOrder(tx, id); });
}

Result<void> PgOrderQueue::Release(const std::string& owner) {
  return RunTransaction(pool_, Mode::kWrite, "giving leases back",
                        [&](Transaction& tx) -> Result<void> {
                          RETURN_IF_ERROR(tx.Exec(sql::kReleaseLeases, {owner}));
                          tx.Tell(Channel::kWork);
                          return {};
                        });
}

}  // namespace certbroker::db
