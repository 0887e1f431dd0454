#include "tests/fakes/fake_account_store.h"

#include <algorithm>

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
  row.lease.GiveBack(state.now);
  if (!again) state.account_order.push_back(given.name);
}

}  // namespace

Result<Account> FakeAccountStore::Create(const Account& account, const RequestKey& request) {
  return tables_.Call<Account>([&](State& state) -> Result<Account> {
    if (HoldsPin(account.key_uri)) return Error(Reason::kInvalidArgument, "the URI holds a PIN");
    ASSIGN_OR_RETURN(const auto earlier, FindRequest(state, request));
    if (earlier) return state.accounts.at(AccountName(*earlier)).AsRead();
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
    return row.AsRead();
  });
}

Result<Account> FakeAccountStore::Get(const AccountName& name) {
  return tables_.Call<Account>([&](State& state) -> Result<Account> {
    const auto row = state.accounts.find(name);
    if (row == state.accounts.end()) return Error(Reason::kNotFound, "there is no such account");
    return row->second.AsRead();
  });
}

Result<Page<Account>> FakeAccountStore::List(const PageRequest& page) {
  return tables_.Call<Page<Account>>([&](State& state) {
    std::vector<Account> accounts;
    for (const AccountName& name : state.account_order) {
      accounts.push_back(state.accounts.at(name).AsRead());
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
    if (earlier) return row.AsRead();
    const bool ends = row.account.state == AccountState::kDeactivated ||
                      row.account.change == AccountChange::kDeactivation;
    if (ends && change == AccountChange::kDeactivation) return row.AsRead();
    if (ends || row.account.state != AccountState::kValid)
      return Error(Reason::kAccountNotReady, "only a valid account can be changed");
    Remember(state, request, name.ToString());
    row.account.change = change;
    row.account.wanted_contacts = contacts;
    row.account.failures = 0;
    row.account.failure.reset();
    ++row.lease.fence.value;
    row.lease.GiveBack(state.now);
    state.Tell(Channel::kAccount, name.ToString());
    state.Tell(Channel::kWork);
    return row.AsRead();
  });
}

Result<LeasedAccounts> FakeAccountStore::LeaseAccounts(const LeaseRequest& request) {
  return tables_.Call<LeasedAccounts>([&](State& state) -> Result<LeasedAccounts> {
    LeasedAccounts leased;
    for (const AccountRow* row : LeaseDue(state.accounts, request, state.now)) {
      leased.accounts.push_back(row->AsRead());
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
    stored.state = account.state;
    stored.account_url = account.account_url;
    stored.failures = account.failures;
    stored.failure = account.failure;
    found->second.lease.GiveBack(goes_on ? std::optional(state.now + due_in) : std::nullopt);
    state.Tell(Channel::kAccount, account.name.ToString());
    if (goes_on && due_in.count() == 0) state.Tell(Channel::kWork);
    return {};
  });
}

}  // namespace certbroker::fakes
