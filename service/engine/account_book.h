// service/engine/account_book.h: everything that a signed request needs besides its content: the
// issuer's client, the account's URL, its key.
#pragma once

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
#include "core/result.h"
#include "pki/chain_preference.h"
#include "pki/chain_verifier.h"

namespace certbroker::engine {

// One configured CA. Built at start, immutable, outlives the engine.
struct Issuer {
  IssuerId id;
  acme::Client& client;
  pki::TrustAnchors roots;  // what its certificates must lead up to
  // RFC 8555 §7.3.4: for CAs that make accounts for their customers only.
  std::optional<acme::ExternalAccount> external_account = {};
  pki::ChainPreference chain = {};
};

struct UsableAccount {
  Account account;
  std::shared_ptr<Signer> signer;
  const Issuer& issuer;
};

// Thread-safe. Accounts that are VALID are kept until Forget; one that another replica deactivates
// meanwhile is refused by its CA.
class AccountBook {
 public:
  AccountBook(const std::vector<Issuer>& issuers, AccountStore& accounts, AccountKeys& keys);

  // kAccountNotReady: not VALID, or its issuer is no longer configured · what AccountKeys and
  // AccountStore say.
  Result<std::shared_ptr<const UsableAccount>> Get(const AccountName& name) EXCLUDES(mutex_);
  // It is not what it was.
  void Forget(const AccountName& name) EXCLUDES(mutex_);
  // kAccountNotReady.
  Result<const Issuer*> IssuerOf(const IssuerId& id) const;

 private:
  const std::vector<Issuer>& issuers_;
  AccountStore& accounts_;
  AccountKeys& keys_;
  Mutex mutex_;
  std::map<AccountName, std::shared_ptr<const UsableAccount>> usable_ GUARDED_BY(mutex_);
};

}  // namespace certbroker::engine
