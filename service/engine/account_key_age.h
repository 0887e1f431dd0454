// service/engine/account_key_age.h: has account keys rolled over that are older than their issuer's
// configuration lets them become.
//
// Every replica looks; the row decides: a roll-over that is on record, or done, is not asked for a
// second time (AccountStore::WantKey).
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <vector>

#include "core/account.h"
#include "core/mutex.h"
#include "core/ports/account_keys.h"
#include "core/ports/account_store.h"
#include "service/engine/account_book.h"
#include "service/engine/order_runner.h"

namespace certbroker::engine {

// LeaseDue is for one thread, the leaser's. Must outlive its looks: Idle() says when there are
// none.
class AccountKeyAge final : public WorkSource {
 public:
  AccountKeyAge(RunnerDeps deps, const std::vector<Issuer>& issuers, AccountStore& accounts,
                AccountKeys& keys);

  // Looks now and then, on a worker; leases nothing.
  Result<std::optional<std::chrono::milliseconds>> LeaseDue() override;
  bool Idle() const { return in_flight_ == 0; }

 private:
  void Look() EXCLUDES(mutex_);
  bool IsOverdue(const Account& account) const;
  // Once a day for each account, here: one that lacks a spare, or whose CA refuses, stays so.
  bool TakesTurn(const AccountName& name) EXCLUDES(mutex_);
  void Want(const Account& account);

  const RunnerDeps deps_;
  const std::vector<Issuer>& issuers_;
  AccountStore& accounts_;
  AccountKeys& keys_;
  std::optional<SteadyTime> next_look_;  // the leaser's thread only
  Mutex mutex_;
  std::map<AccountName, SteadyTime> turns_ GUARDED_BY(mutex_);  // last ones
  std::atomic<int> in_flight_{0};
};

}  // namespace certbroker::engine
