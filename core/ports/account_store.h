// core/ports/account_store.h: ACME accounts: stored with their key before the CA hears of them,
// confirmed by the engine.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "core/account.h"
#include "core/page.h"
#include "core/ports/account_keys.h"
#include "core/ports/order_queue.h"
#include "core/request_key.h"
#include "core/result.h"

namespace certbroker {

struct LeasedAccounts {
  std::vector<Account> accounts;  // due ones that are kPending or to be changed
  std::optional<std::chrono::milliseconds> next_due_in;
};

// Thread-safe; blocks. kDatabaseUnavailable.
class AccountStore {
 public:
  virtual ~AccountStore() = default;

  // A row in kPending; the engine registers it at the CA. A kFailed account of that name is taken
  // up again with the new values. Errors: kAlreadyExists (the name, in kPending or kValid) ·
  // kDuplicateRequestId · kInvalidArgument (the key URI holds a PIN).
  virtual Result<Account> Create(const Account& account, const RequestKey& request) = 0;
  virtual Result<Account> Get(const AccountName& name) = 0;
  virtual Result<Page<Account>> List(const PageRequest& page) = 0;

  // Puts a change on record; the engine tells the CA. It takes the place of one that the CA has not
  // confirmed. `contacts`: with kContacts. An account that is, or is about to be, deactivated is
  // answered as it is when that is what is asked. Errors: kNotFound · kAccountNotReady (not kValid,
  // or to be deactivated) · kDuplicateRequestId.
  virtual Result<Account> Change(const AccountName& name, AccountChange change,
                                 const std::vector<std::string>& contacts,
                                 const RequestKey& request) = 0;

  // Puts a roll-over to `keys.next` on record (RFC 8555 §7.3.5): change kKey. While it is, no order
  // of the account begins to be proven (OrderCommit::proven_with). Nothing for `request`: the
  // service itself wants it. One that is to get that very key is answered as it is.
  // Errors: kNotFound · kAccountNotReady (not kValid; another change is on record, which is not
  // pushed aside, because the CA may have heard of it) · kInvalidArgument (the account has that
  // key, or another account has, wants or had it; a PIN in the URI) · kDuplicateRequestId.
  virtual Result<Account> WantKey(const AccountName& name, const RolloverKeys& keys,
                                  const std::optional<RequestKey>& request) = 0;
  // What WantKey would say now; nothing is changed.
  virtual Result<Account> TryKey(const AccountName& name, const RolloverKeys& keys) = 0;
  // The account that an earlier call with this request made or changed. kDuplicateRequestId.
  virtual Result<std::optional<Account>> Answered(const RequestKey& request) = 0;
  // Orders of the account whose challenges are made for its present key: kPresenting, kPropagating
  // and kValidating.
  virtual Result<int> OrdersInProof(const AccountName& name) = 0;
  // The CA knows the account by the wanted key: it takes the place of the present one, which is
  // retired, to be destroyed after `keep`; orders that waited for that go on. Fenced: kLeaseLost.
  virtual Result<void> CommitKey(const Account& account, std::chrono::milliseconds keep) = 0;

  virtual Result<LeasedAccounts> LeaseAccounts(const LeaseRequest& request) = 0;
  // State, account_url, contacts, change, failure and failures of `account`, fenced: kLeaseLost.
  // `due_in` while kPending or to be changed. Orders that waited for a roll-over which is given up
  // go on.
  virtual Result<void> Commit(const Account& account, std::chrono::milliseconds due_in) = 0;
};

}  // namespace certbroker
