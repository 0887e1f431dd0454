#include "tests/fakes/fake_order_queue.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "core/order_state.h"
#include "tests/fakes/fake_abandoned_authorizations.h"
#include "tests/fakes/fake_challenge_rows.h"
#include "tests/fakes/fake_order_store.h"
#include "tests/fakes/fake_renewal_queue.h"

namespace certbroker::fakes {
namespace {

// The row that `order` may still write, or the reason why not.
Result<OrderRow*> Writable(State& state, const Order& order) {
  const auto row = state.orders.find(order.id);
  if (row == state.orders.end() || row->second.lease.fence != order.fence ||
      IsTerminal(row->second.order.state)) {
    return Error(Reason::kLeaseLost, "the lease was taken over, or the order has ended");
  }
  return &row->second;
}

bool SharesUrl(const State& state, const Order& order) {
  for (const auto& [id, row] : state.orders) {
    const bool keeps_url = !IsTerminal(row.order.state) || row.csr_sent;
    if (id != order.id && keeps_url && !order.order_url.empty() &&
        row.order.account == order.account && row.order.order_url == order.order_url) {
      return true;
    }
  }
  return false;
}

bool IsIssuedToAnother(const State& state, const CertificateVersion& version) {
  for (const auto& [id, certificate] : state.certificates) {
    for (const CertificateVersion& other : certificate.versions) {
      if (other.sha256 == version.sha256) return true;
    }
  }
  return false;
}

// What the schema's constraints refuse.
Result<void> MayWrite(const State& state, const OrderRow& row, const Order& order) {
  if (SharesUrl(state, order)) {
    return Error(Reason::kCaBadAnswer, "the CA gave the URL of another order");
  }
  bool whole = MayFollow(row.order.state, order.state);
  const bool begins_again =
      order.state == OrderState::kQueued && row.order.state != OrderState::kQueued;
  const bool moves_on = order.account != row.order.account;
  if (moves_on &&
      (row.csr_sent || order.state != OrderState::kQueued || order.attempt <= row.order.attempt ||
       std::ranges::find(row.order.fallbacks, order.account) == row.order.fallbacks.end()))
    whole = false;
  if (begins_again && (row.csr_sent || order.attempt <= row.order.attempt)) whole = false;
  if (order.state == OrderState::kFailed && !order.failure) whole = false;
  for (const Authorization& a : order.authorizations) {
    const bool presentable = a.challenge_type == ChallengeType::kDnsPersist01 ||
                             (a.name && !a.token.empty() && !a.key_authorization.empty());
    if (a.presentation != Presentation::kNone && !presentable) whole = false;
  }
  if (!whole) return Error(Reason::kInternal, "the database refused a statement of ours");
  return {};
}

// True: the order has moved on to another account.
bool WriteOrder(State& state, OrderRow& row, const Order& order) {
  Order& stored = row.order;
  const bool begins_again = stored.attempt < order.attempt;
  const bool moves_on = stored.account != order.account;
  if (stored.state != order.state || begins_again) stored.state_time = state.now;
  if (begins_again) SettleAll(state, order.id.uuid());
  stored.issuer = order.issuer;
  stored.account = order.account;
  stored.fallbacks = order.fallbacks;
  stored.state = order.state;
  stored.held_by = order.held_by;
  stored.order_url = order.order_url;
  stored.finalize_url = order.finalize_url;
  stored.certificate_url = order.certificate_url;
  stored.expires = order.expires;
  stored.polls = order.polls;
  stored.failures = order.failures;
  stored.failure = order.failure;
  stored.profile = order.profile;
  stored.attempt = order.attempt;
  stored.failed_challenges = order.failed_challenges;
  stored.replaces = order.replaces;
  WriteAuthorizations(state, order);
  if (begins_again) {
    Withdraw(state, stored, order.attempt);
    AbandonAuthorizations(state, stored, order.attempt);
  }
  if (order.state == OrderState::kFailed) AbandonAuthorizations(state, stored, std::nullopt);
  if (IsTerminal(order.state)) {
    EndOrder(state, row);
    state.Tell(Channel::kCertificate, stored.certificate.ToString());
  }
  state.Tell(Channel::kOrder, stored.id.ToString());
  return moves_on;
}

// Keeps the lease, or gives it back.
void WriteLease(State& state, OrderRow& row, const OrderCommit& commit) {
  if (IsTerminal(row.order.state)) return;
  row.wakeable = commit.wakeable;
  if (!commit.due_in) {
    row.lease.until = std::max(row.lease.until.value_or(state.now), state.now + commit.lease);
    return;
  }
  const bool woken = row.wake_pending && row.wakeable;
  row.lease.GiveBack(woken ? state.now : state.now + *commit.due_in);
  row.wake_pending = false;
  if (*row.lease.next_attempt <= state.now) state.Tell(Channel::kWork);
}

bool MayBeProven(const State& state, const OrderCommit& commit) {
  const Account& account = state.accounts.at(commit.order.account).account;
  return commit.proven_with.empty() ||
         (account.change != AccountChange::kKey && account.thumbprint == commit.proven_with);
}

Result<void> CommitIn(State& state, const OrderCommit& commit) {
  const Order& order = commit.order;
  if (!MayBeProven(state, commit))
    return Error(Reason::kAccountNotReady, "the account's key is being rolled over");
  const auto writable = Writable(state, order);
  if (writable) {
    RETURN_IF_ERROR(MayWrite(state, **writable, order));
    if (commit.issued && IsIssuedToAnother(state, *commit.issued)) {
      return Error(Reason::kCaBadAnswer, "the CA delivered another order's certificate");
    }
  }
  if (commit.settles) AddFact(state, order.id.uuid(), *commit.settles);
  if (!writable) return writable.error();

  OrderRow& row = **writable;
  const AccountName account_before = row.order.account;
  const bool moves_on = WriteOrder(state, row, order);
  WriteLease(state, row, commit);
  if (moves_on) ChangeSlot(state, row, account_before);
  if (commit.settles) Settle(state, order.id.uuid(), commit.settles->intent);
  if (!commit.event.empty()) row.events.push_back({state.now, order.state, commit.event});
  if (commit.issued) {
    auto& versions = state.certificates[row.order.certificate].versions;
    versions.insert(versions.begin(), *commit.issued);
    if (commit.issued->renewal) AddRenewal(state, row.order, *commit.issued);
  }
  return {};
}

}  // namespace

void WakeOrder(State& state, OrderId id) {
  const auto found = state.orders.find(id);
  if (found == state.orders.end() || !found->second.lease.due()) return;
  OrderRow& row = found->second;
  if (row.lease.until) {
    row.wake_pending = true;
  } else if (row.wakeable) {
    row.lease.next_attempt = std::min(*row.lease.next_attempt, state.now);
    state.Tell(Channel::kWork);
  }
}

Result<LeasedOrders> FakeOrderQueue::Lease(const LeaseRequest& request) {
  return tables_.Call<LeasedOrders>([&](State& state) -> Result<LeasedOrders> {
    LeasedOrders leased;
    for (OrderRow* row : LeaseDue(state.orders, request, state.now)) {
      row->wake_pending = false;
      leased.orders.push_back({.order = ReadOrder(state, *row),
                               .open_intent = FindOpenIntent(state, row->order.id.uuid())});
    }
    leased.next_due_in = NextDue(state.orders, state.now);
    return leased;
  });
}

Result<IntentId> FakeOrderQueue::RecordIntent(const Order& order, const Intent& intent,
                                              const std::string& event) {
  return tables_.Call<IntentId>([&](State& state) -> Result<IntentId> {
    ASSIGN_OR_RETURN(OrderRow* const row, Writable(state, order));
    RETURN_IF_ERROR(MayWrite(state, *row, order));
    WriteOrder(state, *row, order);
    row->csr_sent = row->csr_sent || intent.action == SignaturePurpose::kFinalize;
    if (!event.empty()) row->events.push_back({state.now, order.state, event});
    return AddIntent(state, order.id.uuid(), intent);
  });
}

Result<void> FakeOrderQueue::Commit(const OrderCommit& commit) {
  CERTBROKER_CHECK(commit.issued.has_value() == (commit.order.state == OrderState::kIssued));
  CERTBROKER_CHECK(!commit.issued || commit.issued->order == commit.order.id);
  return tables_.Call<void>([&](State& state) { return CommitIn(state, commit); });
}

Result<void> FakeOrderQueue::Wake(OrderId id) {
  return tables_.Call<void>([&](State& state) -> Result<void> {
    WakeOrder(state, id);
    return {};
  });
}

Result<void> FakeOrderQueue::Release(const std::string& owner) {
  const auto release = [&owner](auto& table, Time now) {
    for (auto& [key, row] : table) {
      if (row.lease.until && row.lease.owner == owner) row.lease.GiveBack(now);
    }
  };
  return tables_.Call<void>([&](State& state) -> Result<void> {
    release(state.orders, state.now);
    release(state.revocations, state.now);
    release(state.accounts, state.now);
    release(state.renewals, state.now);
    release(state.abandoned, state.now);
    state.Tell(Channel::kWork);
    return {};
  });
}

}  // namespace certbroker::fakes
