#include "service/engine/account_book.h"

#include <algorithm>

#include <fmt/format.h>

namespace certbroker::engine {

AccountBook::AccountBook(const std::vector<Issuer>& issuers, AccountStore& accounts,
                         AccountKeys& keys)
    : issuers_(issuers), accounts_(accounts), keys_(keys) {}

Result<const Issuer*> AccountBook::IssuerOf(const IssuerId& id) const {
  const auto found = std::ranges::find(issuers_, id, &Issuer::id);
  if (found != issuers_.end()) return &*found;
  return Error(Reason::kAccountNotReady,
               fmt::format("the issuer \"{}\" is not in this service's configuration; add it "
                           "there, or cancel what needs it",
                           id.ToString()));
}

void AccountBook::Forget(const AccountName& name) {
  const MutexLock lock(mutex_);
  usable_.erase(name);
}

Result<std::shared_ptr<const UsableAccount>> AccountBook::Get(const AccountName& name) {
  {
    const MutexLock lock(mutex_);
    const auto found = usable_.find(name);
    if (found != usable_.end()) return found->second;
  }
  ASSIGN_OR_RETURN(Account account, accounts_.Get(name));
  if (account.state != AccountState::kValid) {
    return Error(Reason::kAccountNotReady,
                 fmt::format("the account {} is {}; see `certbroker accounts list`",
                             name.ToString(), ToString(account.state)));
  }
  ASSIGN_OR_RETURN(const Issuer* issuer, IssuerOf(account.issuer));
  ASSIGN_OR_RETURN(std::shared_ptr<Signer> signer, keys_.SignerFor(account));
  auto usable = std::make_shared<const UsableAccount>(
      UsableAccount{std::move(account), std::move(signer), *issuer});
  const MutexLock lock(mutex_);
  return usable_.try_emplace(name, std::move(usable)).first->second;
}

}  // namespace certbroker::engine
