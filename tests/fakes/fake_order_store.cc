#include "tests/fakes/fake_order_store.h"

#include <string>
#include <utility>

#include "core/order_state.h"
#include "tests/fakes/fake_abandoned_authorizations.h"
#include "tests/fakes/fake_challenge_rows.h"

namespace certbroker::fakes {
namespace {

Error NoSuchOrder() { return {Reason::kNotFound, "there is no such order or certificate"}; }

OrderRow* Find(State& state, OrderId id, const std::optional<AgentId>& owner) {
  const auto row = state.orders.find(id);
  if (row == state.orders.end()) return nullptr;
  return owner && row->second.order.agent != *owner ? nullptr : &row->second;
}

bool HasUnfinishedOrder(const State& state, CertificateId certificate) {
  for (const auto& [id, row] : state.orders) {
    if (row.order.certificate == certificate && !IsTerminal(row.order.state)) return true;
  }
  return false;
}

Result<void> MayCreate(const State& state, const Approval& approval, const NewOrder& order) {
  std::vector<AccountName> needed = order.fallbacks;
  needed.push_back(order.account);
  for (const AccountName& name : needed) {
    const auto account = state.accounts.find(name);
    if (account == state.accounts.end() || account->second.account.state != AccountState::kValid ||
        account->second.account.change == AccountChange::kDeactivation)
      return Error(Reason::kAccountNotReady, "an account is not valid");
  }
  if (order.kind == OrderKind::kIssue) return {};
  const auto certificate = state.certificates.find(order.certificate);
  if (certificate == state.certificates.end() || certificate->second.agent != approval.agent()) {
    return NoSuchOrder();
  }
  if (HasUnfinishedOrder(state, order.certificate)) {
    return Error(Reason::kOrderInProgress, "the certificate has an unfinished order");
  }
  return {};
}

// RFC 9773 §5: the newest version, when it is of the same account.
std::string Replaced(const State& state, const NewOrder& order) {
  const CertificateVersion* current = state.certificates.at(order.certificate).current();
  return current != nullptr && current->account == order.account ? current->renewal_id : "";
}

Order NewRow(const State& state, const Approval& approval, const NewOrder& order,
             const RequestKey& request) {
  Order row;
  row.id = order.id;
  row.kind = order.kind;
  row.agent = approval.agent();
  row.certificate = order.certificate;
  row.request_id = request.id;
  row.issuer = approval.issuer();
  row.account = order.account;
  row.fallbacks = order.fallbacks;
  row.profile = approval.profile();
  row.wanted_profile = state.certificates.at(order.certificate).profile;
  row.profile_required = order.profile_required;
  row.agent_challenges = order.agent_challenges;
  if (order.kind == OrderKind::kRenew) row.replaces = Replaced(state, order);
  row.names = approval.names();
  row.csr_der = approval.csr_der();
  row.policy_version = approval.policy_version();
  row.policy_rule = approval.rule();
  row.create_time = state.now;
  row.state_time = state.now;
  return row;
}

void ClaimSlot(State& state, OrderRow& row) {
  const SlotKey key{row.order.account, row.order.names};
  if (state.slots.emplace(key, row.order.id).second) return;
  row.order.held_by = HeldBy::kSameNames;
  row.lease.GiveBack(std::nullopt);
}

void AddOrder(State& state, const Approval& approval, const NewOrder& order,
              const RequestKey& request) {
  if (order.kind == OrderKind::kIssue) {
    ManagedCertificate& certificate = state.certificates[order.certificate];
    certificate.id = order.certificate;
    certificate.agent = approval.agent();
    certificate.issuer = approval.issuer();
    certificate.fallback_issuers = approval.fallback_issuers();
    certificate.profile = approval.profile();
    certificate.names = approval.names();
    certificate.create_time = state.now;
  }
  state.certificates[order.certificate].latest_order = order.id;

  OrderRow& row = state.orders[order.id];
  row.order = NewRow(state, approval, order, request);
  row.lease.next_attempt = state.now;
  ClaimSlot(state, row);
  row.events.push_back({state.now, OrderState::kQueued, "Accepted by policy."});
}

void PassSlotOn(State& state, const OrderRow& ended, const AccountName& account) {
  const SlotKey key{account, ended.order.names};
  const auto slot = state.slots.find(key);
  if (slot == state.slots.end() || slot->second != ended.order.id) return;
  state.slots.erase(slot);
  for (auto& [id, row] : state.orders) {  // ids sort by time
    const bool waits = !IsTerminal(row.order.state) && !row.lease.due();
    if (!waits || SlotKey{row.order.account, row.order.names} != key) continue;
    state.slots.emplace(key, id);
    row.order.held_by = HeldBy::kNothing;
    row.lease.next_attempt = state.now;
    row.events.push_back({state.now, OrderState::kQueued, "The earlier order has ended."});
    state.Tell(Channel::kOrder, id.ToString());
    state.Tell(Channel::kWork);
    return;
  }
}

}  // namespace

void EndOrder(State& state, OrderRow& row) {
  Withdraw(state, row.order, std::nullopt);
  row.order.end_time = state.now;
  row.lease.GiveBack(std::nullopt);
  row.wake_pending = false;
  PassSlotOn(state, row, row.order.account);
}

void ChangeSlot(State& state, OrderRow& row, const AccountName& account_before) {
  PassSlotOn(state, row, account_before);
  ClaimSlot(state, row);
}

Result<Order> FakeOrderStore::Create(const Approval& approval, const NewOrder& order,
                                     const RequestKey& request) {
  return tables_.Call<Order>([&](State& state) -> Result<Order> {
    ASSIGN_OR_RETURN(const auto earlier, FindRequest(state, request));
    if (earlier) return ReadOrder(state, state.orders.at(*OrderId::Parse(*earlier)));
    RETURN_IF_ERROR(MayCreate(state, approval, order));
    Remember(state, request, order.id.ToString());
    AddOrder(state, approval, order, request);
    state.Tell(Channel::kOrder, order.id.ToString());
    state.Tell(Channel::kCertificate, order.certificate.ToString());
    state.Tell(Channel::kWork);
    return ReadOrder(state, state.orders.at(order.id));
  });
}

Result<Order> FakeOrderStore::Get(OrderId id, const std::optional<AgentId>& owner) {
  return tables_.Call<Order>([&](State& state) -> Result<Order> {
    const OrderRow* row = Find(state, id, owner);
    if (row == nullptr) return NoSuchOrder();
    return ReadOrder(state, *row);
  });
}

Result<Page<Order>> FakeOrderStore::List(const OrderFilter& filter, const PageRequest& page) {
  const std::string list = "orders " + (filter.agent ? filter.agent->ToString() : "") + " " +
                           (filter.certificate ? filter.certificate->ToString() : "") +
                           (filter.unfinished_only ? " unfinished" : "");
  return tables_.Call<Page<Order>>([&](State& state) {
    std::vector<Order> orders;
    // NOLINTNEXTLINE(modernize-loop-convert): clang 14 cannot compile std::views::reverse
    for (auto row = state.orders.rbegin(); row != state.orders.rend(); ++row) {
      const Order& order = row->second.order;
      if (filter.agent && order.agent != *filter.agent) continue;
      if (filter.certificate && order.certificate != *filter.certificate) continue;
      if (filter.unfinished_only && IsTerminal(order.state)) continue;
      orders.push_back(ReadOrder(state, row->second));
    }
    return PageOf(orders, page, list, [](const Order& order) { return order.id.ToString(); });
  });
}

Result<std::vector<OrderEvent>> FakeOrderStore::Events(OrderId id) {
  return tables_.Call<std::vector<OrderEvent>>(
      [&](State& state) -> Result<std::vector<OrderEvent>> {
        const OrderRow* row = Find(state, id, std::nullopt);
        if (row == nullptr) return std::vector<OrderEvent>();
        return row->events;
      });
}

Result<Order> FakeOrderStore::Cancel(OrderId id, const std::optional<AgentId>& owner,
                                     const RequestKey& request) {
  return tables_.Call<Order>([&](State& state) -> Result<Order> {
    ASSIGN_OR_RETURN(const auto earlier, FindRequest(state, request));
    if (earlier) return ReadOrder(state, state.orders.at(*OrderId::Parse(*earlier)));
    OrderRow* row = Find(state, id, owner);
    if (row == nullptr) return NoSuchOrder();
    if (!TraitsOf(row->order.state).cancellable) {
      return Error(Reason::kOrderFinal, "the order can no longer be cancelled");
    }
    Remember(state, request, id.ToString());
    row->order.state = OrderState::kCancelled;
    row->order.failure.reset();
    row->order.held_by = HeldBy::kNothing;
    row->order.state_time = state.now;
    ++row->lease.fence.value;
    row->events.push_back(
        {state.now, OrderState::kCancelled, "Cancelled by " + request.caller.ToString() + "."});
    AbandonAuthorizations(state, row->order, std::nullopt);
    EndOrder(state, *row);
    state.Tell(Channel::kOrder, id.ToString());
    state.Tell(Channel::kCertificate, row->order.certificate.ToString());
    return ReadOrder(state, *row);
  });
}

}  // namespace certbroker::fakes
