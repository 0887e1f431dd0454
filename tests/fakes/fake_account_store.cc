#include "tests/fakes/fake_account_store.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "tests/fakes/fake_order_queue.h"

namespace certbroker::fakes {
namespace {

// The values of a new account, or of a failed one that is taken up again.
void Fill(State& state, AccountRow& row, const Account& given) {
  const bool again = !row.account.name.empty();
  const Time create_time = again ? row.account.create_time : state.now;
  if (again) ++row.lease.fence.value;
  row.account = given;
  row.account.state = AccountState::kPending;
  row.account.account_url = {};
  row.account.change = AccountChange::kNone;
  row.account.failures = 0;
  row.account.failure.reset();
  row.account.create_time = create_time;
  row.account.key_since = state.now;
  row.lease.GiveBack(state.now);
  if (!again) state.account_order.push_back(given.name);
}

void WakeOrdersOf(State& state, const AccountName& name) {
  for (auto& [id, row] : state.orders) {
    const bool early =
        row.order.state == OrderState::kQueued || row.order.state == OrderState::kPlaced;
    if (row.order.account == name && early && row.order.held_by == HeldBy::kAccount)
      WakeOrder(state, id);
  }
}

// Which account has, wants or had that key.
std::optional<AccountName> OwnerOf(const State& state, const AccountName& except,
                                   const std::string& thumbprint) {
  const auto is_it = [&](const AccountKey& key) { return key.thumbprint == thumbprint; };
  for (const auto& [name, row] : state.accounts) {
    const Account& account = row.account;
    const bool now = name != except && (account.thumbprint == thumbprint ||
                                        (account.wanted_key && is_it(*account.wanted_key)));
    const bool before = std::ranges::any_of(
        account.retired_keys, [&](const RetiredKey& retired) { return is_it(retired.key); });
    if (now || before) return name;
  }
  return std::nullopt;
}

Result<void> MayWant(const State& state, const Account& account, const AccountKey& key) {
  if (HoldsPin(key.uri)) return Error(Reason::kInvalidArgument, "the URI holds a PIN");
  if (account.state != AccountState::kValid || account.change != AccountChange::kNone)
    return Error(Reason::kAccountNotReady, "only a valid account gets another key");
  if (key.thumbprint == account.thumbprint)
    return Error(Reason::kInvalidArgument, "the account has this very key");
  const auto owner = OwnerOf(state, account.name, key.thumbprint);
  if (!owner) return {};
  return Error(Reason::kInvalidArgument, "the key is or was that of " + owner->ToString());
}

bool IsUnderWay(const Account& account, const AccountKey& key) {
  return account.wanted_key && account.wanted_key->thumbprint == key.thumbprint;
}

// The wanted key takes the present one's place.
void Swap(AccountRow& row, Time now, std::chrono::milliseconds keep) {
  Account& stored = row.account;
  stored.retired_keys.insert(stored.retired_keys.begin(), {.key = stored.key(),
                                                           .since = stored.key_since,
                                                           .retire_time = now,
                                                           .destroy_time = now + keep});
  const AccountKey next = *std::exchange(stored.wanted_key, std::nullopt);
  stored = WithKey(std::move(stored), next);
  stored.key_since = now;
  stored.change = AccountChange::kNone;
  row.change_time.reset();
  stored.failures = 0;
  stored.failure.reset();
  row.lease.GiveBack(std::nullopt);
}

}  // namespace

Result<Account> FakeAccountStore::Create(const Account& account, const RequestKey& request) {
  return tables_.Call<Account>([&](State& state) -> Result<Account> {
    if (HoldsPin(account.key_uri)) return Error(Reason::kInvalidArgument, "the URI holds a PIN");
    ASSIGN_OR_RETURN(const auto earlier, FindRequest(state, request));
    if (earlier) return state.accounts.at(AccountName(*earlier)).AsRead(state.now);
    const auto existing = state.accounts.find(account.name);
    if (existing != state.accounts.end() &&
        existing->second.account.state != AccountState::kFailed) {
      return Error(Reason::kAlreadyExists, "the account exists already");
    }
    Remember(state, request, account.name.ToString());
    AccountRow& row = state.accounts[account.name];
    Fill(state, row, account);
    state.Tell(Channel::kAccount, account.name.ToString());
    state.Tell(Channel::kWork);
    return row.AsRead(state.now);
  });
}

Result<Account> FakeAccountStore::Get(const AccountName& name) {
  return tables_.Call<Account>([&](State& state) -> Result<Account> {
    const auto row = state.accounts.find(name);
    if (row == state.accounts.end()) return Error(Reason::kNotFound, "there is no such account");
    return row->second.AsRead(state.now);
  });
}

Result<Page<Account>> FakeAccountStore::List(const PageRequest& page) {
  return tables_.Call<Page<Account>>([&](State& state) {
    std::vector<Account> accounts;
    for (const AccountName& name : state.account_order) {
      accounts.push_back(state.accounts.at(name).AsRead(state.now));
    }
    std::ranges::reverse(accounts);
    return PageOf(accounts, page, "accounts", [](const Account& a) { return a.name.ToString(); });
  });
}

Result<Account> FakeAccountStore::Change(const AccountName& name, AccountChange change,
                                         const std::vector<std::string>& contacts,
                                         const RequestKey& request) {
  return tables_.Call<Account>([&](State& state) -> Result<Account> {
    ASSIGN_OR_RETURN(const auto earlier, FindRequest(state, request));
    const auto found = state.accounts.find(name);
    if (found == state.accounts.end()) return Error(Reason::kNotFound, "there is no such account");
    AccountRow& row = found->second;
    if (earlier) return row.AsRead(state.now);
    const bool ends = row.account.state == AccountState::kDeactivated ||
                      row.account.change == AccountChange::kDeactivation;
    if (ends && change == AccountChange::kDeactivation) return row.AsRead(state.now);
    if (ends || row.account.state != AccountState::kValid ||
        row.account.change == AccountChange::kKey)
      return Error(Reason::kAccountNotReady, "only a valid account can be changed");
    Remember(state, request, name.ToString());
    row.account.change = change;
    row.change_time = state.now;
    row.account.wanted_contacts = contacts;
    row.account.failures = 0;
    row.account.failure.reset();
    ++row.lease.fence.value;
    row.lease.GiveBack(state.now);
    state.Tell(Channel::kAccount, name.ToString());
    state.Tell(Channel::kWork);
    return row.AsRead(state.now);
  });
}

Result<Account> FakeAccountStore::WantKey(const AccountName& name, const RolloverKeys& keys,
                                          const std::optional<RequestKey>& request) {
  return tables_.Call<Account>([&](State& state) -> Result<Account> {
    if (request) {
      ASSIGN_OR_RETURN(const auto earlier, FindRequest(state, *request));
      if (earlier) return state.accounts.at(name).AsRead(state.now);
    }
    const auto found = state.accounts.find(name);
    if (found == state.accounts.end()) return Error(Reason::kNotFound, "there is no such account");
    AccountRow& row = found->second;
    if (!IsUnderWay(row.account, keys.next)) {
      RETURN_IF_ERROR(MayWant(state, row.account, keys.next));
      row.account.change = AccountChange::kKey;
      row.account.wanted_key = keys.next;
      if (!keys.present.label.empty()) row.account.key_label = keys.present.label;
      row.account.failures = 0;
      row.account.failure.reset();
      row.change_time = state.now;
      ++row.lease.fence.value;
      row.lease.GiveBack(state.now);
      state.Tell(Channel::kAccount, name.ToString());
      state.Tell(Channel::kWork);
    }
    if (request) Remember(state, *request, name.ToString());
    return row.AsRead(state.now);
  });
}

Result<Account> FakeAccountStore::TryKey(const AccountName& name, const RolloverKeys& keys) {
  return tables_.Call<Account>([&](State& state) -> Result<Account> {
    const auto found = state.accounts.find(name);
    if (found == state.accounts.end()) return Error(Reason::kNotFound, "there is no such account");
    const Account& account = found->second.account;
    if (!IsUnderWay(account, keys.next)) RETURN_IF_ERROR(MayWant(state, account, keys.next));
    return found->second.AsRead(state.now);
  });
}

Result<std::optional<Account>> FakeAccountStore::Answered(const RequestKey& request) {
  return tables_.Call<std::optional<Account>>([&](State& state) -> Result<std::optional<Account>> {
    ASSIGN_OR_RETURN(const auto earlier, FindRequest(state, request));
    if (!earlier) return std::optional<Account>();
    return std::optional(state.accounts.at(AccountName(*earlier)).AsRead(state.now));
  });
}

Result<int> FakeAccountStore::OrdersInProof(const AccountName& name) {
  return tables_.Call<int>([&](State& state) -> Result<int> {
    return static_cast<int>(std::ranges::count_if(state.orders, [&](const auto& entry) {
      const Order& order = entry.second.order;
      return order.account == name &&
             (order.state == OrderState::kPresenting || order.state == OrderState::kPropagating ||
              order.state == OrderState::kValidating);
    }));
  });
}

Result<void> FakeAccountStore::CommitKey(const Account& account, std::chrono::milliseconds keep) {
  CERTBROKER_CHECK(account.wanted_key.has_value());
  return tables_.Call<void>([&](State& state) -> Result<void> {
    const auto found = state.accounts.find(account.name);
    const bool ours = found != state.accounts.end() && found->second.lease.fence == account.fence;
    if (ours && found->second.account.change == AccountChange::kNone &&
        found->second.account.thumbprint == account.wanted_key->thumbprint)
      return {};
    if (!ours || found->second.account.wanted_key != account.wanted_key)
      return Error(Reason::kLeaseLost, "the lease of the account was taken over");
    Swap(found->second, state.now, keep);
    state.Tell(Channel::kAccount, account.name.ToString());
    WakeOrdersOf(state, account.name);
    return {};
  });
}

Result<LeasedAccounts> FakeAccountStore::LeaseAccounts(const LeaseRequest& request) {
  return tables_.Call<LeasedAccounts>([&](State& state) -> Result<LeasedAccounts> {
    LeasedAccounts leased;
    for (const AccountRow* row : LeaseDue(state.accounts, request, state.now)) {
      leased.accounts.push_back(row->AsRead(state.now));
    }
    leased.next_due_in = NextDue(state.accounts, state.now);
    return leased;
  });
}

Result<void> FakeAccountStore::Commit(const Account& account, std::chrono::milliseconds due_in) {
  return tables_.Call<void>([&](State& state) -> Result<void> {
    const auto found = state.accounts.find(account.name);
    if (found == state.accounts.end() || found->second.lease.fence != account.fence) {
      return Error(Reason::kLeaseLost, "the lease of the account was taken over");
    }
    Account& stored = found->second.account;
    if (stored.state != AccountState::kPending && stored.change == AccountChange::kNone) {
      if (stored.state == account.state && account.change == AccountChange::kNone) return {};
      return Error(Reason::kLeaseLost, "there is nothing to do any more");
    }
    const bool goes_on =
        account.state == AccountState::kPending || account.change != AccountChange::kNone;
    stored.contacts = account.contacts;
    stored.change = account.change;
    if (stored.change != AccountChange::kContacts) stored.wanted_contacts.clear();
    if (stored.change != AccountChange::kKey) stored.wanted_key.reset();
    if (!goes_on) found->second.change_time.reset();
    stored.state = account.state;
    stored.account_url = account.account_url;
    stored.failures = account.failures;
    stored.failure = account.failure;
    found->second.lease.GiveBack(goes_on ? std::optional(state.now + due_in) : std::nullopt);
    state.Tell(Channel::kAccount, account.name.ToString());
    if (!goes_on) WakeOrdersOf(state, account.name);
    if (goes_on && due_in.count() == 0) state.Tell(Channel::kWork);
    return {};
  });
}

}  // namespace certbroker::fakes
