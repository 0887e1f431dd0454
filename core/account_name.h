// core/account_name.h: "issuers/{issuer}/accounts/{account}", made and taken apart in one place.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/ids.h"

namespace certbroker {

// What {issuer} and {account} may be: [a-z0-9-]{1,40}.
bool IsNamePart(std::string_view text);

struct AccountNameParts {
  IssuerId issuer;
  std::string account;
};

// Both parts are IsNamePart; whoever takes them from outside checks that first.
AccountName MakeAccountName(const IssuerId& issuer, std::string_view account);

// nullopt for anything that MakeAccountName cannot have made.
std::optional<AccountNameParts> PartsOf(const AccountName& name);

}  // namespace certbroker
