#include "db/pg_order_store.h"

#include <utility>

#include <fmt/format.h>

#include "core/account.h"
#include "core/order_state.h"
#include "db/order_ending.h"
#include "db/order_rows.h"
#include "db/page_of_ids.h"
#include "db/queries.h"
#include "db/request_ledger.h"
#include "db/transaction.h"

namespace certbroker::db {
namespace {

Error NoSuchOrder(OrderId id) {
  return Error(Reason::kNotFound, fmt::format("there is no order {}", id.ToString()));
}

Result<void> RequireValidAccount(Transaction& tx, const AccountName& account) {
  ASSIGN_OR_RETURN(const Rows rows, tx.Exec(sql::kFindAccountState, {account}));
  if (!rows.empty() && rows.front().Named("state", AccountStateFromName) == AccountState::kValid) {
    return {};
  }
  if (!rows.empty() && rows.front().Text("state") == ToString(AccountState::kDeactivated)) {
    return Error(Reason::kAccountNotReady,
                 fmt::format("account {} is deactivated, for ever: an operator must provision "
                             "another key, create an account with it under another --id, and name "
                             "that as the issuer's `account` in the configuration",
                             account.ToString()));
  }
  return Error(
      Reason::kAccountNotReady,
      fmt::format("account {} is {}: an operator must create it, or see why it is not "
                  "valid (certbroker accounts list)",
                  account.ToString(), rows.empty() ? "not on record" : rows.front().Text("state")));
}

// kIssue: a new managed certificate. kRenew: the agent's, without an order under way.
Result<void> PlaceInCertificate(Transaction& tx, const Approval& approval, const NewOrder& order) {
  if (order.kind == OrderKind::kIssue) {
    RETURN_IF_ERROR(tx.Exec(
        sql::kInsertCertificate,
        {order.certificate, approval.agent(), approval.issuer(), approval.profile(),
         approval.names(), order.id,
         Param::Array({approval.fallback_issuers().begin(), approval.fallback_issuers().end()})}));
    return {};
  }
  ASSIGN_OR_RETURN(const Rows rows, tx.Exec(sql::kRenewCertificate,
                                            {order.certificate, approval.agent(), order.id}));
  const std::string certificate = order.certificate.ToString();
  if (rows.empty()) {
    return Error(Reason::kNotFound, fmt::format("there is no certificate {}", certificate));
  }
  if (rows.front().Bool("order_in_progress")) {
    return Error(Reason::kOrderInProgress,
                 fmt::format("certificate {} has an unfinished order: wait for its end, or have an "
                             "operator cancel it: certbroker orders cancel ORDER",
                             certificate));
  }
  return {};
}

Result<Order> Accept(Transaction& tx, const Approval& approval, const NewOrder& order,
                     const RequestKey& request) {
  ASSIGN_OR_RETURN(const auto earlier, FindOrRemember(tx, request, order.id.ToString()));
  if (earlier) {
    const auto id = OrderId::Parse(*earlier);
    CERTBROKER_CHECK(id.has_value());
    return ReadOrder(tx, *id);
  }
  RETURN_IF_ERROR(RequireValidAccount(tx, order.account));
  for (const AccountName& fallback : order.fallbacks)
    RETURN_IF_ERROR(RequireValidAccount(tx, fallback));
  RETURN_IF_ERROR(PlaceInCertificate(tx, approval, order));
  std::vector<Param> agent_challenges;
  for (const ChallengeType type : order.agent_challenges)
    agent_challenges.emplace_back(ToString(type));
  RETURN_IF_ERROR(tx.Exec(
      sql::kInsertOrder,
      {order.id, ToString(order.kind), approval.agent(), order.certificate, request.id,
       approval.issuer(), order.account, approval.profile(), approval.names(), approval.csr_der(),
       approval.spki_sha256(), approval.policy_version(), approval.rule(),
       ForPeople(fmt::format("Accepted by policy rule {}.", approval.rule())),
       order.profile_required, Param::Array(agent_challenges),
       Param::Array({order.fallbacks.begin(), order.fallbacks.end()})}));
  tx.Tell(Channel::kOrder, order.id.ToString());
  tx.Tell(Channel::kCertificate, order.certificate.ToString());
  tx.Tell(Channel::kWork);
  return ReadOrder(tx, order.id);
}

std::vector<Param> CancellableStates() {
  std::vector<Param> states;
  for (const auto& traits : AllOrderStates()) {
    if (traits.cancellable) states.emplace_back(traits.name);
  }
  return states;
}

Result<Order> CancelIn(Transaction& tx, OrderId id, const std::optional<AgentId>& owner,
                       const RequestKey& request) {
  ASSIGN_OR_RETURN(const auto earlier, FindOrRemember(tx, request, id.ToString()));
  if (earlier) return ReadOrder(tx, id);  // the same body names the same order

  ASSIGN_OR_RETURN(
      const Rows cancelled,
      tx.Exec(sql::kCancelOrder,
              {id, owner, Param::Array(CancellableStates()),
               ForPeople(fmt::format("Cancelled by {}.", request.caller.ToString()))}));
  if (cancelled.empty()) {
    ASSIGN_OR_RETURN(const Rows found, tx.Exec(sql::kFindOrder, {id, owner}));
    if (found.empty()) return NoSuchOrder(id);
    return Error(Reason::kOrderFinal,
                 fmt::format("order {} can no longer be cancelled: it has ended, or the CA may "
                             "already be signing",
                             id.ToString()));
  }
  RETURN_IF_ERROR(AbandonAuthorizations(tx, id, std::nullopt));
  RETURN_IF_ERROR(EndOrder(tx, id));
  tx.Tell(Channel::kOrder, id.ToString());
  tx.Tell(Channel::kCertificate, cancelled.front().Text("certificate_id"));
  return ReadOrder(tx, id);
}

std::string NameOfList(const OrderFilter& filter) {
  return fmt::format(
      "orders agent={} certificate={} unfinished={}", filter.agent ? filter.agent->ToString() : "",
      filter.certificate ? filter.certificate->ToString() : "", filter.unfinished_only);
}

}  // namespace

Result<Order> PgOrderStore::Create(const Approval& approval, const NewOrder& order,
                                   const RequestKey& request) {
  return RunTransactionFor<Order>(pool_, Mode::kWrite, "storing an order", [&](Transaction& tx) {
    return Accept(tx, approval, order, request);
  });
}

Result<Order> PgOrderStore::Get(OrderId id, const std::optional<AgentId>& owner) {
  return RunTransactionFor<Order>(
      pool_, Mode::kRead, "reading an order", [&](Transaction& tx) -> Result<Order> {
        ASSIGN_OR_RETURN(const Rows found, tx.Exec(sql::kFindOrder, {id, owner}));
        if (found.empty()) return NoSuchOrder(id);
        return ReadOrder(tx, id);
      });
}

Result<Page<Order>> PgOrderStore::List(const OrderFilter& filter, const PageRequest& page) {
  const std::string list = NameOfList(filter);
  ASSIGN_OR_RETURN(const auto start, StartOf(page, list, OrderId::Parse));
  return RunTransactionFor<Page<Order>>(
      pool_, Mode::kRead, "listing orders", [&](Transaction& tx) -> Result<Page<Order>> {
        ASSIGN_OR_RETURN(
            const Rows rows,
            tx.Exec(sql::kListOrders, {filter.agent, filter.certificate, filter.unfinished_only,
                                       start, ClampedSize(page) + 1}));
        auto ids = rows.Ids<OrderId>("id");
        Page<Order> result;
        result.next_token =
            CutToPage(ids, page, list, [](const OrderId& id) { return id.ToString(); });
        ASSIGN_OR_RETURN(result.items, ReadOrders(tx, ids));
        return result;
      });
}

Result<std::vector<OrderEvent>> PgOrderStore::Events(OrderId id) {
  return RunTransactionFor<std::vector<OrderEvent>>(
      pool_, Mode::kRead, "reading an order's history",
      [&](Transaction& tx) -> Result<std::vector<OrderEvent>> {
        ASSIGN_OR_RETURN(const Rows rows, tx.Exec(sql::kReadEvents, {id}));
        std::vector<OrderEvent> events;
        for (std::size_t i = 0; i < rows.size(); ++i) {
          events.push_back({.time = rows[i].At("time"),
                            .state = rows[i].Named("state", OrderStateFromName),
                            .message = rows[i].Text("message")});
        }
        return events;
      });
}

Result<Order> PgOrderStore::Cancel(OrderId id, const std::optional<AgentId>& owner,
                                   const RequestKey& request) {
  return RunTransactionFor<Order>(pool_, Mode::kWrite, "cancelling an order", [&](Transaction& tx) {
    return CancelIn(tx, id, owner, request);
  });
}

}  // namespace certbroker::db
