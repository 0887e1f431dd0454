// service/hsm_account_keys.h: AccountKeys on the keystore: which key an account uses, and for which
// CA it may sign.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/ports/account_keys.h"
#include "keystore/keystore.h"
#include "service/config/config.h"
#include "service/token_choice.h"

namespace certbroker {

// Thread-safe. The keystores outlive it.
class HsmAccountKeys final : public AccountKeys {
 public:
  // At least one token.
  HsmAccountKeys(std::vector<NamedToken> tokens, const std::vector<config::IssuerConfig>& issuers);
  HsmAccountKeys(keystore::Keystore& keystore, std::string token_label,
                 const std::vector<config::IssuerConfig>& issuers)
      : HsmAccountKeys({{"default", {std::move(token_label), ""}, &keystore}}, issuers) {}

  Result<AccountKey> Find(const std::string& uri, const AccountName& name) override;
  Result<RolloverKeys> FindNext(const Account& account, const std::string& uri) override;
  Result<std::shared_ptr<Signer>> SignerFor(const Account& account) override;

 private:
  Result<AccountKey> FindNamed(const AccountName& name);
  static Result<AccountKey> FindIn(const NamedToken& token, const keystore::KeyUri& uri);

  const std::vector<NamedToken> tokens_;
  std::map<IssuerId, std::vector<std::string>> origins_;  // that an issuer's account may sign for
};

}  // namespace certbroker
