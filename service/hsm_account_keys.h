// service/hsm_account_keys.h: AccountKeys on the keystore: which key an account uses, and for which
// CA it may sign.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/ports/account_keys.h"
#include "keystore/keystore.h"
#include "service/config/config.h"

namespace certbroker {

// Thread-safe. The keystore outlives it.
class HsmAccountKeys final : public AccountKeys {
 public:
  HsmAccountKeys(keystore::Keystore& keystore, std::string token_label,
                 const std::vector<config::IssuerConfig>& issuers);

  Result<AccountKey> Find(const std::string& uri, const AccountName& name) override;
  Result<RolloverKeys> FindNext(const Account& account, const std::string& uri) override;
  Result<std::shared_ptr<Signer>> SignerFor(const Account& account) override;

 private:
  keystore::Keystore& keystore_;
  const std::string token_label_;
  std::map<IssuerId, std::vector<std::string>> origins_;  // that an issuer's account may sign for
};

}  // namespace certbroker
