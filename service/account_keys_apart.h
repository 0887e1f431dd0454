// service/account_keys_apart.h: keys that sign other things than ACME requests are no account's.
#pragma once

#include <string>
#include <string_view>

#include "core/account.h"
#include "core/ports/account_store.h"
#include "core/result.h"

namespace certbroker {

// Calls `see` with every account, newest first.
template <class See>
Result<void> EachAccount(AccountStore& accounts, See see) {
  PageRequest request{.size = 1000, .token = {}};
  do {
    ASSIGN_OR_RETURN(const auto page, accounts.List(request));
    for (const Account& account : page.items) see(account);
    request.token = page.next_token;
  } while (!request.token.empty());
  return {};
}

// An account's key must sign nothing that is not on record, and what `use` ("[audit]
// checkpoint_key") is for is not. kHsmKeyRefused, naming the account; blocks for the database.
Result<void> RefuseKeyOfAccount(AccountStore& accounts, const std::string& thumbprint,
                                std::string_view use, std::string_view label_to_provision);

}  // namespace certbroker
