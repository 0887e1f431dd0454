#include "db/order_rows.h"

#include <unordered_map>
#include <utility>

#include "core/order_state.h"
#include "db/error_columns.h"
#include "db/order_ending.h"
#include "db/queries.h"

namespace certbroker::db {
namespace {

Param IdArray(const std::vector<OrderId>& ids) { return Param::Array({ids.begin(), ids.end()}); }

Order OrderFrom(const Row& row) {
  Order order;
  order.id = row.IdAs<OrderId>("id");
  order.kind = row.Named("kind", OrderKindFromName);
  order.agent = AgentId(row.Text("agent"));
  order.certificate = row.IdAs<CertificateId>("certificate_id");
  order.request_id = row.IdAs<RequestId>("request_id");
  order.issuer = IssuerId(row.Text("issuer"));
  order.account = AccountName(row.Text("account"));
  for (const std::string& account : row.Texts("fallbacks")) order.fallbacks.emplace_back(account);
  order.profile = row.Text("profile");
  order.wanted_profile = row.Text("wanted_profile");
  order.profile_required = row.Bool("profile_required");
  order.agent_challenges = row.All<ChallengeType>("agent_challenges", ChallengeTypeFromName);
  order.names = row.Names("names");
  order.csr_der = row.Octets("csr_der");
  order.policy_version = row.Text("policy_version");
  order.policy_rule = row.Text("policy_rule");
  order.create_time = row.At("create_time");
  order.state = row.Named("state", OrderStateFromName);
  order.attempt = row.Int("attempt");
  order.failed_challenges = row.All<FailedChallenge>("failed_challenges", FailedChallenge::Parse);
  order.replaces = row.Text("replaces");
  order.held_by = row.Named("held_by", HeldByFromName);
  order.order_url = row.Url("order_url");
  order.finalize_url = row.Url("finalize_url");
  order.certificate_url = row.Url("certificate_url");
  order.expires = row.OptionalAt("expires");
  order.polls = row.Int("polls");
  order.failures = row.Int("failures");
  order.failure = ReadFailure(row);
  order.fence = Fence{row.Int64("fence")};
  order.state_time = row.At("state_time");
  order.next_attempt_time = row.OptionalAt("next_attempt_at");
  order.end_time = row.OptionalAt("end_time");
  return order;
}

Authorization AuthorizationFrom(const Row& row) {
  Authorization authorization;
  authorization.url = row.Url("url");
  if (!row.IsNull("name")) {
    auto name = Identifier::Parse(row.Text("name"));
    CERTBROKER_CHECK(name.has_value());
    authorization.name = *std::move(name);
  }
  authorization.wildcard = row.Bool("wildcard");
  authorization.status = row.Named("status", AuthorizationStatusFromName);
  authorization.expires = row.OptionalAt("expires");
  authorization.challenge_url = row.Url("challenge_url");
  authorization.challenge_type = row.Named("challenge_type", ChallengeTypeFromName);
  authorization.solver = row.Text("solver");
  authorization.token = row.Text("token");
  authorization.key_authorization = row.Text("key_authorization");
  authorization.responded = row.Bool("responded");
  authorization.presentation = row.Named("presentation", PresentationFromName);
  authorization.presentation_error = row.Text("presentation_error");
  return authorization;
}

// One array per column, in the order of write_authorizations.sql.
Result<void> WriteAuthorizations(Transaction& tx, const Order& order) {
  if (order.authorizations.empty()) return {};
  std::vector<std::vector<Param>> columns(12);
  for (const Authorization& a : order.authorizations) {
    const Param values[] = {a.url,
                            a.name,
                            a.wildcard,
                            ToString(a.status),
                            a.expires,
                            a.challenge_url,
                            a.token,
                            a.key_authorization,
                            a.responded,
                            ToString(a.presentation),
                            ToString(a.challenge_type),
                            a.solver};
    for (std::size_t i = 0; i < columns.size(); ++i) columns[i].push_back(values[i]);
  }
  Params params = {order.id, order.agent, order.attempt};
  for (const auto& column : columns) params.push_back(Param::Array(column));
  params.emplace_back(order.account);
  ASSIGN_OR_RETURN(const Rows changed, tx.Exec(sql::kWriteAuthorizations, params));
  for (std::size_t i = 0; i < changed.size(); ++i) {
    if (!changed[i].Bool("to_do")) continue;
    if (changed[i].Bool("by_agent")) {
      tx.Tell(Channel::kChallenge, order.agent.ToString());
    } else {
      tx.Tell(Channel::kWork);
    }
  }
  return {};
}

Params WriteParams(const Order& order, const OrderWrite& write) {
  Params params = {order.id,
                   order.fence,
                   write.number,
                   ToString(order.state),
                   ToString(order.held_by),
                   order.order_url,
                   order.finalize_url,
                   order.certificate_url,
                   order.expires,
                   order.polls,
                   order.failures};
  AppendFailure(params, order.failure);
  std::vector<Param> failed;
  for (const FailedChallenge& challenge : order.failed_challenges)
    failed.emplace_back(challenge.ToString());
  params.insert(params.end(),
                {IsTerminal(order.state), write.due_in, write.wakeable, write.lease,
                 ForPeople(write.event), write.settles, write.csr_sent, order.attempt,
                 Param::Array(failed), order.replaces, order.profile, order.issuer, order.account,
                 Param::Array({order.fallbacks.begin(), order.fallbacks.end()})});
  return params;
}

}  // namespace

Result<std::vector<Order>> ReadOrders(Transaction& tx, const std::vector<OrderId>& ids) {
  std::vector<Order> orders;
  if (ids.empty()) return orders;
  ASSIGN_OR_RETURN(const Rows rows, tx.Exec(sql::kReadOrders, {IdArray(ids)}));
  ASSIGN_OR_RETURN(const Rows authorizations, tx.Exec(sql::kReadAuthorizations, {IdArray(ids)}));

  std::unordered_map<OrderId, Order> found;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Order order = OrderFrom(rows[i]);
    found.emplace(order.id, std::move(order));
  }
  for (std::size_t i = 0; i < authorizations.size(); ++i) {
    const auto order = found.find(authorizations[i].IdAs<OrderId>("order_id"));
    if (order == found.end()) continue;
    order->second.authorizations.push_back(AuthorizationFrom(authorizations[i]));
  }
  for (const OrderId& id : ids) {
    const auto order = found.find(id);
    if (order != found.end()) orders.push_back(std::move(order->second));
  }
  return orders;
}

Result<Order> ReadOrder(Transaction& tx, OrderId id) {
  ASSIGN_OR_RETURN(auto orders, ReadOrders(tx, {id}));
  CERTBROKER_CHECK(orders.size() == 1);
  return std::move(orders.front());
}

Result<Written> WriteOrder(Transaction& tx, const Order& order, const OrderWrite& write) {
  ASSIGN_OR_RETURN(Rows written, tx.Exec(sql::kWriteOrder, WriteParams(order, write)));
  if (written.empty()) {
    // Either the fence has moved, or an earlier run of this very transaction was committed.
    ASSIGN_OR_RETURN(written, tx.Exec(sql::kOrderWasWritten, {order.id, write.number}));
    return written.empty() ? Written::kLeaseLost : Written::kBefore;
  }
  RETURN_IF_ERROR(WriteAuthorizations(tx, order));
  const Row row = written.front();
  if (row.Bool("begins_again")) {
    RETURN_IF_ERROR(WithdrawChallenges(tx, order.id, order.attempt));
    RETURN_IF_ERROR(AbandonAuthorizations(tx, order.id, order.attempt));
  }
  if (order.state == OrderState::kFailed)
    RETURN_IF_ERROR(AbandonAuthorizations(tx, order.id, std::nullopt));
  if (row.Bool("moves_on")) RETURN_IF_ERROR(ChangeSlot(tx, order.id));
  if (IsTerminal(order.state)) RETURN_IF_ERROR(EndOrder(tx, order.id));

  tx.Tell(Channel::kOrder, order.id.ToString());
  if (row.Bool("due")) tx.Tell(Channel::kWork);
  if (IsTerminal(order.state)) tx.Tell(Channel::kCertificate, row.Text("certificate_id"));
  return Written::kNow;
}

}  // namespace certbroker::db
