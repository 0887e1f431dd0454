#include "db/pg_account_store.h"

#include <utility>

#include <fmt/format.h>

#include "db/account_key_change.h"
#include "db/account_rows.h"
#include "db/error_columns.h"
#include "db/intent_rows.h"
#include "db/order_waking.h"
#include "db/page_of_ids.h"
#include "db/queries.h"
#include "db/request_ledger.h"
#include "db/transaction.h"

namespace certbroker::db {
namespace {

constexpr std::string_view kList = "accounts";

std::vector<AccountName> NamesOf(const Rows& rows) {
  std::vector<AccountName> names;
  for (std::size_t i = 0; i < rows.size(); ++i) names.emplace_back(rows[i].Text("name"));
  return names;
}

Result<Account> CreateIn(Transaction& tx, const Account& account, const RequestKey& request) {
  RETURN_IF_ERROR(RefusePin(account.key_uri));
  ASSIGN_OR_RETURN(const auto earlier, FindOrRemember(tx, request, account.name.ToString()));
  if (earlier) return ReadAccount(tx, AccountName(*earlier));
  ASSIGN_OR_RETURN(const Rows rows,
                   tx.Exec(sql::kInsertAccount,
                           {account.name, account.issuer, account.directory_url, account.key_uri,
                            account.algorithm, account.thumbprint, account.contacts,
                            account.terms_of_service_agreed, account.key_label}));
  if (rows.empty()) {
    return Error(Reason::kAlreadyExists,
                 fmt::format("account {} exists already; see `certbroker accounts list`. One that "
                             "is deactivated stays so: create another under another --id",
                             account.name.ToString()));
  }
  tx.Tell(Channel::kAccount, account.name.ToString());
  tx.Tell(Channel::kWork);
  return ReadAccount(tx, account.name);
}

// kLeaseLost unless the lease holds, or this very state is stored already (COMMIT in doubt).
Result<void> CommitIn(Transaction& tx, const Account& account, std::chrono::milliseconds due_in) {
  const bool goes_on =
      account.state == AccountState::kPending || account.change != AccountChange::kNone;
  Params params = {account.name, account.fence, ToString(account.state), account.account_url,
                   account.failures};
  AppendFailure(params, account.failure);
  params.push_back(goes_on ? Param(due_in) : Param(std::nullopt));
  params.emplace_back(account.contacts);
  params.emplace_back(ToString(account.change));
  ASSIGN_OR_RETURN(Rows rows, tx.Exec(sql::kCommitAccount, params));
  if (rows.empty()) {
    ASSIGN_OR_RETURN(rows, tx.Exec(sql::kAccountWasCommitted,
                                   {account.name, account.fence, ToString(account.state),
                                    ToString(account.change)}));
  }
  if (rows.empty()) return AccountLeaseLost(account.name);
  tx.Tell(Channel::kAccount, account.name.ToString());
  if (!goes_on) RETURN_IF_ERROR(WakeOrdersOf(tx, account.name));
  if (goes_on && due_in.count() == 0) tx.Tell(Channel::kWork);
  return {};
}

Result<Account> ChangeIn(Transaction& tx, const AccountName& name, AccountChange change,
                         const std::vector<std::string>& contacts, const RequestKey& request) {
  ASSIGN_OR_RETURN(const auto earlier, FindOrRemember(tx, request, name.ToString()));
  if (earlier) return ReadAccount(tx, name);
  ASSIGN_OR_RETURN(const Rows changed,
                   tx.Exec(sql::kChangeAccount, {name, ToString(change), contacts}));
  ASSIGN_OR_RETURN(Account account, ReadAccount(tx, name));
  if (changed.empty()) {
    const bool ends = account.state == AccountState::kDeactivated ||
                      account.change == AccountChange::kDeactivation;
    const bool rolls = account.change == AccountChange::kKey;
    if (ends && change == AccountChange::kDeactivation) return account;
    return Error(Reason::kAccountNotReady,
                 fmt::format("account {} is {}: only one that is VALID and stays so can be changed",
                             name.ToString(),
                             ends    ? "being deactivated, or is"
                             : rolls ? "getting another key; ask again when that is over"
                                     : ToString(account.state)));
  }
  tx.Tell(Channel::kAccount, name.ToString());
  tx.Tell(Channel::kWork);
  return account;
}

}  // namespace

Result<Account> PgAccountStore::Create(const Account& account, const RequestKey& request) {
  return RunTransactionFor<Account>(
      pool_, Mode::kWrite, "storing an account",
      [&](Transaction& tx) { return CreateIn(tx, account, request); });
}

Result<Account> PgAccountStore::Get(const AccountName& name) {
  return RunTransactionFor<Account>(pool_, Mode::kRead, "reading an account",
                                    [&](Transaction& tx) { return ReadAccount(tx, name); });
}

Result<Page<Account>> PgAccountStore::List(const PageRequest& page) {
  ASSIGN_OR_RETURN(const auto start, StartOf(page, kList, IsPosition));
  return RunTransactionFor<Page<Account>>(
      pool_, Mode::kRead, "listing accounts", [&](Transaction& tx) -> Result<Page<Account>> {
        ASSIGN_OR_RETURN(const Rows rows,
                         tx.Exec(sql::kListAccounts, {start, ClampedSize(page) + 1}));
        std::vector<std::size_t> indices(rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i) indices[i] = i;
        Page<Account> result;
        result.next_token = CutToPage(indices, page, kList,
                                      [&](std::size_t i) { return rows[i].Text("position"); });
        auto names = NamesOf(rows);
        names.resize(indices.size());
        ASSIGN_OR_RETURN(result.items, ReadAccounts(tx, names));
        return result;
      });
}

Result<Account> PgAccountStore::Change(const AccountName& name, AccountChange change,
                                       const std::vector<std::string>& contacts,
                                       const RequestKey& request) {
  return RunTransactionFor<Account>(
      pool_, Mode::kWrite, "changing an account",
      [&](Transaction& tx) { return ChangeIn(tx, name, change, contacts, request); });
}

Result<Account> PgAccountStore::WantKey(const AccountName& name, const RolloverKeys& keys,
                                        const std::optional<RequestKey>& request) {
  return RunTransactionFor<Account>(
      pool_, Mode::kWrite, "putting an account's roll-over on record",
      [&](Transaction& tx) { return WantKeyIn(tx, name, keys, request); });
}

Result<Account> PgAccountStore::TryKey(const AccountName& name, const RolloverKeys& keys) {
  return RunTransactionFor<Account>(pool_, Mode::kRead, "looking for who has a key",
                                    [&](Transaction& tx) { return TryKeyIn(tx, name, keys); });
}

Result<std::optional<Account>> PgAccountStore::Answered(const RequestKey& request) {
  return RunTransactionFor<std::optional<Account>>(
      pool_, Mode::kRead, "looking for an earlier call",
      [&](Transaction& tx) -> Result<std::optional<Account>> {
        ASSIGN_OR_RETURN(const auto earlier, FindEarlier(tx, request));
        if (!earlier) return std::optional<Account>();
        ASSIGN_OR_RETURN(Account account, ReadAccount(tx, AccountName(*earlier)));
        return std::optional(std::move(account));
      });
}

Result<int> PgAccountStore::OrdersInProof(const AccountName& name) {
  return RunTransactionFor<int>(
      pool_, Mode::kRead, "counting orders in proof", [&](Transaction& tx) -> Result<int> {
        ASSIGN_OR_RETURN(const Rows rows, tx.Exec(sql::kCountOrdersInProof, {name}));
        return rows.front().Int("orders");
      });
}

Result<void> PgAccountStore::CommitKey(const Account& account, std::chrono::milliseconds keep) {
  return RunTransaction(pool_, Mode::kWrite, "storing an account's new key",
                        [&](Transaction& tx) { return CommitKeyIn(tx, account, keep); });
}

Result<LeasedAccounts> PgAccountStore::LeaseAccounts(const LeaseRequest& request) {
  return RunTransactionFor<LeasedAccounts>(
      pool_, Mode::kWrite, "leasing accounts", [&](Transaction& tx) -> Result<LeasedAccounts> {
        LeasedAccounts leased;
        ASSIGN_OR_RETURN(const Rows rows, tx.Exec(sql::kLeaseAccounts,
                                                  {request.owner, request.limit, request.lease}));
        ASSIGN_OR_RETURN(leased.accounts, ReadAccounts(tx, NamesOf(rows)));
        ASSIGN_OR_RETURN(leased.next_due_in, ReadNextDue(tx, sql::kNextAccountDue));
        return leased;
      });
}

Result<void> PgAccountStore::Commit(const Account& account, std::chrono::milliseconds due_in) {
  return RunTransaction(pool_, Mode::kWrite, "storing an account's state",
                        [&](Transaction& tx) { return CommitIn(tx, account, due_in); });
}

}  // namespace certbroker::db
