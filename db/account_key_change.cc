#include "db/account_key_change.h"

#include <fmt/format.h>

#include "core/check.h"
#include "db/account_rows.h"
#include "db/order_waking.h"
#include "db/queries.h"
#include "db/request_ledger.h"

namespace certbroker::db {
namespace {

bool IsUnderWay(const Account& account, const AccountKey& key) {
  return account.wanted_key && account.wanted_key->thumbprint == key.thumbprint;
}

Result<void> MayChange(const Account& account) {
  if (account.state != AccountState::kValid) {
    return Error(Reason::kAccountNotReady,
                 fmt::format("account {} is {}: only one that is VALID gets another key",
                             account.name.ToString(), ToString(account.state)));
  }
  if (account.change == AccountChange::kNone) return {};
  return Error(Reason::kAccountNotReady,
               fmt::format("account {} is being changed already ({}), and the CA may have heard of "
                           "it: ask again when that is over; see `certbroker accounts list`",
                           account.name.ToString(), ToString(account.change)));
}

// One key is one account's, once: the CA knows an account by its key.
Result<void> MayHave(Transaction& tx, const Account& account, const AccountKey& key) {
  if (key.thumbprint == account.thumbprint) {
    return Error(Reason::kInvalidArgument,
                 fmt::format("account {} has this very key (thumbprint {}): name another, or make "
                             "a spare one with `certbroker keystore provision`",
                             account.name.ToString(), key.thumbprint));
  }
  ASSIGN_OR_RETURN(const Rows owners, tx.Exec(sql::kFindKeyOwner, {account.name, key.thumbprint}));
  if (owners.empty()) return {};
  return Error(
      Reason::kInvalidArgument,
      fmt::format("the key with thumbprint {} is, or was, that of account {}: a key serves one "
                  "account, once; name another, or make a spare one with `certbroker keystore "
                  "provision`",
                  key.thumbprint, owners.front().Text("name")));
}

Result<void> MayWant(Transaction& tx, const Account& account, const AccountKey& key) {
  RETURN_IF_ERROR(RefusePin(key.uri));
  RETURN_IF_ERROR(MayChange(account));
  return MayHave(tx, account, key);
}

}  // namespace

Result<void> RefusePin(const std::string& key_uri) {
  if (!HoldsPin(key_uri)) return {};
  return Error(Reason::kInvalidArgument,
               "the key URI holds a PIN or the place of one: PINs are never stored; name the PIN "
               "file in the configuration");
}

Error AccountLeaseLost(const AccountName& name) {
  return {Reason::kLeaseLost,
          fmt::format("the lease of account {} was taken over", name.ToString())};
}

Result<Account> WantKeyIn(Transaction& tx, const AccountName& name, const RolloverKeys& keys,
                          const std::optional<RequestKey>& request) {
  if (request) {
    ASSIGN_OR_RETURN(const auto earlier, FindOrRemember(tx, *request, name.ToString()));
    if (earlier) return ReadAccount(tx, name);
  }
  // Whoever else wants to change it waits until this is decided.
  RETURN_IF_ERROR(tx.Exec(sql::kLockAccount, {name}));
  ASSIGN_OR_RETURN(const Account account, ReadAccount(tx, name));
  const AccountKey& next = keys.next;
  if (IsUnderWay(account, next)) return account;
  RETURN_IF_ERROR(MayWant(tx, account, next));
  RETURN_IF_ERROR(tx.Exec(sql::kWantAccountKey, {name, keys.present.label, next.uri, next.algorithm,
                                                 next.thumbprint, next.label}));
  tx.Tell(Channel::kAccount, name.ToString());
  tx.Tell(Channel::kWork);
  return ReadAccount(tx, name);
}

Result<Account> TryKeyIn(Transaction& tx, const AccountName& name, const RolloverKeys& keys) {
  ASSIGN_OR_RETURN(Account account, ReadAccount(tx, name));
  if (!IsUnderWay(account, keys.next)) RETURN_IF_ERROR(MayWant(tx, account, keys.next));
  return account;
}

Result<void> CommitKeyIn(Transaction& tx, const Account& account, std::chrono::milliseconds keep) {
  CERTBROKER_CHECK(account.wanted_key.has_value());
  const std::string& thumbprint = account.wanted_key->thumbprint;
  ASSIGN_OR_RETURN(
      Rows rows, tx.Exec(sql::kCommitAccountKey, {account.name, account.fence, thumbprint, keep}));
  if (rows.empty()) {
    ASSIGN_OR_RETURN(
        rows, tx.Exec(sql::kAccountKeyWasCommitted, {account.name, account.fence, thumbprint}));
    if (rows.empty()) return AccountLeaseLost(account.name);
  }
  tx.Tell(Channel::kAccount, account.name.ToString());
  return WakeOrdersOf(tx, account.name);
}

}  // namespace certbroker::db
