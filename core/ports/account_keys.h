// core/ports/account_keys.h: from an account to the key in the HSM that signs for it.
#pragma once

#include <memory>
#include <string>

#include "core/account.h"
#include "core/ports/signer.h"
#include "core/result.h"

namespace certbroker {

struct AccountKey {
  std::string uri;         // canonical PKCS#11 URI, without PIN
  std::string algorithm;   // "ES256"
  std::string thumbprint;  // RFC 7638, base64url
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

  // A signer for the account's key, pinned to its thumbprint, which signs for URLs of the account's
  // issuer only.
  virtual Result<std::shared_ptr<Signer>> SignerFor(const Account& account) = 0;
};

}  // namespace certbroker
