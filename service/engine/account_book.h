// service/engine/account_book.h: everything that a signed request needs besides its content: the
// issuer's client, the account's URL, its key.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "acme/client.h"
#include "acme/external_account_binding.h"
#include "core/mutex.h"
#include "core/ports/account_keys.h"
#include "core/ports/account_store.h"
#include "core/ports/change_feed.h"
#include "core/result.h"
#include "pki/chain_preference.h"
#include "pki/chain_verifier.h"

namespace certbroker::engine {

// When and how the keys of an issuer's accounts are rolled over (RFC 8555 §7.3.5).
struct RolloverPlan {
  std::optional<std::chrono::milliseconds> lifetime = {};  // nothing: only when an operator asks
  std::chrono::milliseconds keep_retired = std::chrono::hours{24 * 30};
  // How long a roll-over may hold orders up. Less than an order may stay PLACED.
  std::chrono::milliseconds patience = std::chrono::minutes{30};
};

// One configured CA. Built at start, immutable, outlives the engine.
struct Issuer {
  IssuerId id;
  acme::Client& client;
  pki::TrustAnchors roots;  // what its certificates must lead up to
  // RFC 8555 §7.3.4: for CAs that make accounts for their customers only.
  std::optional<acme::ExternalAccount> external_account = {};
  pki::ChainPreference chain = {};
  RolloverPlan rollover = {};
};

struct UsableAccount {
  Account account;
  std::shared_ptr<Signer> signer;
  const Issuer& issuer;
};

// Whether a key that was refused is still the account's.
enum class KeyStanding {
  kSame,
  kGivingWay,  // another is to take its place, and the CA may have heard of it
  kReplaced,
};

// Thread-safe. Accounts that are VALID are kept until Forget, which the change feed calls; hints
// may be lost, so one that another replica has changed meanwhile is refused by its CA, and
// StandingOf says what to make of that.
class AccountBook {
 public:
  AccountBook(const std::vector<Issuer>& issuers, AccountStore& accounts, AccountKeys& keys);

  // Forgets what the feed says has changed. Once, before anything is asked; the feed outlives the
  // book.
  void Follow(ChangeFeed& feed);

  // kAccountNotReady: not VALID, or its issuer is no longer configured · what AccountKeys and
  // AccountStore say.
  Result<std::shared_ptr<const UsableAccount>> Get(const AccountName& name) EXCLUDES(mutex_);
  // It is not what it was.
  void Forget(const AccountName& name) EXCLUDES(mutex_);
  void ForgetAll() EXCLUDES(mutex_);
  // A request that was signed with the key of `used` has failed so. Unless kSame the failure says
  // nothing about the request: it is to be made again with what Get answers then. Asks the database
  // where the key may be the reason; when it cannot be asked: kGivingWay.
  KeyStanding StandingOf(const UsableAccount& used, const Error& failure) EXCLUDES(mutex_);
  // kAccountNotReady.
  Result<const Issuer*> IssuerOf(const IssuerId& id) const;

 private:
  const std::vector<Issuer>& issuers_;
  AccountStore& accounts_;
  AccountKeys& keys_;
  Mutex mutex_;
  // Rises with every Forget: what was read before one is not kept after it.
  std::uint64_t generation_ GUARDED_BY(mutex_) = 0;
  std::map<AccountName, std::shared_ptr<const UsableAccount>> usable_ GUARDED_BY(mutex_);
  std::unique_ptr<ChangeFeed::Subscription> changes_;  // last: it ends before the rest does
};

}  // namespace certbroker::engine
