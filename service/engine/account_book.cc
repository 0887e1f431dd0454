#include "service/engine/account_book.h"

#include <algorithm>

#include <fmt/format.h>

namespace certbroker::engine {

namespace {

// How CAs and the token say that a key is not the account's (any more). Boulder and Pebble say
// "malformed": the signature does not verify under the account's key.
bool MayBeAboutTheKey(const Error& failure) {
  const Reason reason = failure.reason();
  return reason == Reason::kCaAccountUnusable || reason == Reason::kCaRejected ||
         reason == Reason::kHsmKeyMissing || reason == Reason::kHsmKeyRefused;
}

}  // namespace

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

void AccountBook::Follow(ChangeFeed& feed) {
  changes_ = feed.Subscribe(Channel::kAccount, [this](const std::string& name) {
    if (name.empty()) {
      ForgetAll();
    } else {
      Forget(AccountName(name));
    }
  });
}

void AccountBook::Forget(const AccountName& name) {
  const MutexLock lock(mutex_);
  ++generation_;
  usable_.erase(name);
}

void AccountBook::ForgetAll() {
  const MutexLock lock(mutex_);
  ++generation_;
  usable_.clear();
}

KeyStanding AccountBook::StandingOf(const UsableAccount& used, const Error& failure) {
  if (!MayBeAboutTheKey(failure)) return KeyStanding::kSame;
  const auto account = accounts_.Get(used.account.name);
  if (!account)
    return account.error().retry() == Retry::kNever ? KeyStanding::kSame : KeyStanding::kGivingWay;
  const bool replaced = account->thumbprint != used.account.thumbprint;
  if (!replaced && account->change != AccountChange::kKey) return KeyStanding::kSame;
  Forget(used.account.name);
  return replaced ? KeyStanding::kReplaced : KeyStanding::kGivingWay;
}

Result<std::shared_ptr<const UsableAccount>> AccountBook::Get(const AccountName& name) {
  std::uint64_t generation = 0;
  {
    const MutexLock lock(mutex_);
    const auto found = usable_.find(name);
    if (found != usable_.end()) return found->second;
    generation = generation_;
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
  // One that is about to change is read anew each time: a lost hint must not hold its orders up.
  if (generation != generation_ || usable->account.change == AccountChange::kKey) return usable;
  return usable_.try_emplace(name, std::move(usable)).first->second;
}

}  // namespace certbroker::engine
