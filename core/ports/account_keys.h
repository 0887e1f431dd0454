// core/ports/account_keys.h: from an account to the key in the HSM that signs for it.
#pragma once

#include <memory>
#include <string>

#include "core/account.h"
#include "core/ports/signer.h"
#include "core/result.h"

namespace certbroker {

// Of a roll-over (RFC 8555 §7.3.5).
struct RolloverKeys {
  AccountKey present;  // the account's, with the label that it bears now
  AccountKey next;
};

// Thread-safe; blocks for HSM round trips. kHsmUnavailable, kHsmPinRefused; kHsmKeyMissing: no such
// key in the token; kHsmKeyRefused: its attributes do not say born here, sensitive and never
// extractable, or it is not the pinned key.
class AccountKeys {
 public:
  virtual ~AccountKeys() = default;

  // The key that `uri` names; empty: the key labelled "acme/{issuer}/{account}/v1" in the
  // configured token.
  virtual Result<AccountKey> Find(const std::string& uri, const AccountName& name) = 0;

  // The key that is to take the place of the account's: the one that `uri` names; empty: the next
  // spare, which is the one labelled "acme/{issuer}/{account}/v{N+1}" when the account's is vN, or
  // the first after it that has not been the account's. kHsmKeyMissing also when there is no spare.
  // Every key of the token proves itself for that: for operators and schedules.
  virtual Result<RolloverKeys> FindNext(const Account& account, const std::string& uri) = 0;

  // A signer for the account's key, pinned to its thumbprint, which signs for URLs of the account's
  // issuer only.
  virtual Result<std::shared_ptr<Signer>> SignerFor(const Account& account) = 0;
};

}  // namespace certbroker
