// core/ports/account_store.h: ACME accounts: stored with their key before the CA hears of them,
// confirmed by the engine.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "core/account.h"
#include "core/page.h"
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

  virtual Result<LeasedAccounts> LeaseAccounts(const LeaseRequest& request) = 0;
  // State, account_url, contacts, change, failure and failures of `account`, fenced: kLeaseLost.
  // `due_in` while kPending or to be changed.
  virtual Result<void> Commit(const Account& account, std::chrono::milliseconds due_in) = 0;
};

}  // namespace certbroker
