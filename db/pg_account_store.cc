#include "db/pg_account_store.h"

#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "db/error_columns.h"
#include "db/intent_rows.h"
#include "db/page_of_ids.h"
#include "db/queries.h"
#include "db/request_ledger.h"
#include "db/transaction.h"

namespace certbroker::db {
namespace {

constexpr std::string_view kList = "accounts";

Account AccountFrom(const Row& row) {
  return {.name = AccountName(row.Text("name")),
          .issuer = IssuerId(row.Text("issuer")),
          .directory_url = row.Text("directory_url"),
          .key_uri = row.Text("key_uri"),
          .algorithm = row.Text("algorithm"),
          .thumbprint = row.Text("thumbprint"),
          .contacts = row.Texts("contacts"),
          .terms_of_service_agreed = row.Bool("terms_of_service_agreed"),
          .state = row.Named("state", AccountStateFromName),
          .change = row.Named("change", AccountChangeFromName),
          .wanted_contacts = row.Texts("wanted_contacts"),
          .account_url = row.Url("account_url"),
          .failures = row.Int("failures"),
          .failure = ReadFailure(row),
          .create_time = row.At("create_time"),
          .fence = Fence{row.Int64("fence")}};
}

std::vector<AccountName> NamesOf(const Rows& rows) {
  std::vector<AccountName> names;
  for (std::size_t i = 0; i < rows.size(); ++i) names.emplace_back(rows[i].Text("name"));
  return names;
}

// In the order of `names`.
Result<std::vector<Account>> ReadAccounts(Transaction& tx, const std::vector<AccountName>& names) {
  std::vector<Account> accounts;
  if (names.empty()) return accounts;
  ASSIGN_OR_RETURN(const Rows rows,
                   tx.Exec(sql::kReadAccounts, {Param::Array({names.begin(), names.end()})}));
  std::unordered_map<AccountName, Account> found;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Account account = AccountFrom(rows[i]);
    found.emplace(account.name, std::move(account));
  }
  for (const AccountName& name : names) {
    const auto account = found.find(name);
    if (account != found.end()) accounts.push_back(std::move(account->second));
  }
  return accounts;
}

Result<Account> ReadAccount(Transaction& tx, const AccountName& name) {
  ASSIGN_OR_RETURN(auto accounts, ReadAccounts(tx, {name}));
  if (accounts.empty()) {
    return Error(Reason::kNotFound, fmt::format("there is no account {}", name.ToString()));
  }
  return std::move(accounts.front());
}

// Here already, because the server would quote the row that its CHECK refuses in its log.
Result<void> RefusePin(const Account& account) {
  if (!HoldsPin(account.key_uri)) return {};
  return Error(Reason::kInvalidArgument,
               "the key URI holds a PIN or the place of one: PINs are never stored; name the PIN "
               "file in the configuration");
}

Result<Account> CreateIn(Transaction& tx, const Account& account, const RequestKey& request) {
  RETURN_IF_ERROR(RefusePin(account));
  ASSIGN_OR_RETURN(const auto earlier, FindOrRemember(tx, request, account.name.ToString()));
  if (earlier) return ReadAccount(tx, AccountName(*earlier));
  ASSIGN_OR_RETURN(const Rows rows, tx.Exec(sql::kInsertAccount,
                                            {account.name, account.issuer, account.directory_url,
                                             account.key_uri, account.algorithm, account.thumbprint,
                                             account.contacts, account.terms_of_service_agreed}));
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
  if (rows.empty()) {
    return Error(Reason::kLeaseLost,
                 fmt::format("the lease of account {} was taken over", account.name.ToString()));
  }
  tx.Tell(Channel::kAccount, account.name.ToString());
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
    if (ends && change == AccountChange::kDeactivation) return account;
    return Error(
        Reason::kAccountNotReady,
        fmt::format("account {} is {}: only one that is VALID can be changed", name.ToString(),
                    ends ? "being deactivated, or is" : ToString(account.state)));
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
