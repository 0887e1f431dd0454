#include "service/account_keys_apart.h"

#include <fmt/format.h>

namespace certbroker {

Result<void> RefuseKeyOfAccount(AccountStore& accounts, const std::string& thumbprint,
                                std::string_view use, std::string_view label_to_provision) {
  std::string owner;
  RETURN_IF_ERROR(EachAccount(accounts, [&](const Account& account) {
    if (account.thumbprint == thumbprint) owner = account.name.ToString();
  }));
  if (owner.empty()) return {};
  return Error(Reason::kHsmKeyRefused,
               fmt::format("{} is the key of {}; provision one of its own (certbroker keystore "
                           "provision --key {})",
                           use, owner, label_to_provision));
}

}  // namespace certbroker
