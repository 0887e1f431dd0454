// tests/fakes/fake_account_store.h: AccountStore in memory.
#pragma once

#include <chrono>

#include "core/ports/account_store.h"
#include "tests/fakes/fake_tables.h"

namespace certbroker::fakes {

class FakeAccountStore final : public AccountStore {
 public:
  explicit FakeAccountStore(Tables& tables) : tables_(tables) {}

  Result<Account> Create(const Account& account, const RequestKey& request) override;
  Result<Account> Get(const AccountName& name) override;
  Result<Page<Account>> List(const PageRequest& page) override;
  Result<Account> Change(const AccountName& name, AccountChange change,
                         const std::vector<std::string>& contacts,
                         const RequestKey& request) override;
  Result<Account> WantKey(const AccountName& name, const RolloverKeys& keys,
                          const std::optional<RequestKey>& request) override;
  Result<Account> TryKey(const AccountName& name, const RolloverKeys& keys) override;
  Result<std::optional<Account>> Answered(const RequestKey& request) override;
  Result<int> OrdersInProof(const AccountName& name) override;
  Result<void> CommitKey(const Account& account, std::chrono::milliseconds keep) override;
  Result<LeasedAccounts> LeaseAccounts(const LeaseRequest& request) override;
  Result<void> Commit(const Account& account, std::chrono::milliseconds due_in) override;

 private:
  Tables& tables_;
};

}  // namespace certbroker::fakes
