#include "service/engine/account_key_age.h"

#include <algorithm>

namespace certbroker::engine {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr hours kLook{1};
constexpr hours kTurn{24};

}  // namespace

AccountKeyAge::AccountKeyAge(RunnerDeps deps, const std::vector<Issuer>& issuers,
                             AccountStore& accounts, AccountKeys& keys)
    : deps_(deps), issuers_(issuers), accounts_(accounts), keys_(keys) {}

Result<std::optional<milliseconds>> AccountKeyAge::LeaseDue() {
  const bool any = std::ranges::any_of(
      issuers_, [](const Issuer& issuer) { return issuer.rollover.lifetime.has_value(); });
  if (!any) return std::optional<milliseconds>();
  const SteadyTime now = deps_.clock.Tick();
  if (!next_look_ || *next_look_ <= now) {
    next_look_ = now + kLook;
    ++in_flight_;
    deps_.workers.Post([this] {
      Look();
      --in_flight_;
    });
  }
  return std::optional(std::chrono::ceil<milliseconds>(*next_look_ - now));
}

void AccountKeyAge::Look() {
  PageRequest page{.size = 1000, .token = {}};
  do {
    const auto accounts = accounts_.List(page);
    if (!accounts) return;  // whoever needs the database more says so
    for (const Account& account : accounts->items) {
      if (IsOverdue(account) && TakesTurn(account.name)) Want(account);
    }
    page.token = accounts->next_token;
  } while (!page.token.empty());
}

bool AccountKeyAge::IsOverdue(const Account& account) const {
  if (account.state != AccountState::kValid || account.change != AccountChange::kNone) return false;
  const auto issuer = std::ranges::find(issuers_, account.issuer, &Issuer::id);
  return issuer != issuers_.end() && issuer->rollover.lifetime &&
         deps_.clock.Now() - account.key_since >= *issuer->rollover.lifetime;
}

bool AccountKeyAge::TakesTurn(const AccountName& name) {
  const SteadyTime now = deps_.clock.Tick();
  const MutexLock lock(mutex_);
  const auto last = turns_.find(name);
  if (last != turns_.end() && now - last->second < kTurn) return false;
  turns_[name] = now;
  return true;
}

void AccountKeyAge::Want(const Account& account) {
  const auto warn = [&](const Error& error) {
    deps_.log.Warning("account_key_overdue",
                      {{"account", account.name.ToString()}, {"error", error.ToString()}});
  };
  const auto keys = keys_.FindNext(account, "");
  if (!keys) {
    warn(keys.error());
    return;
  }
  const auto wanted = accounts_.WantKey(account.name, *keys, std::nullopt);
  if (wanted) {
    deps_.log.Info("account_key_rollover_due", {{"account", account.name.ToString()},
                                                {"live", account.thumbprint},
                                                {"wanted", keys->next.thumbprint}});
  } else if (wanted.error().reason() != Reason::kAccountNotReady) {
    warn(wanted.error());
  }
}

}  // namespace certbroker::engine
