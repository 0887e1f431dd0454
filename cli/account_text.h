// cli/account_text.h: accounts for people. Pure; printable, whatever the service says.
#pragma once

#include <string>

#include "certbroker/v1/account.pb.h"
#include "core/time.h"

namespace certbroker::cli {

// One line per account; a hint where there are none.
std::string AccountsText(const v1::ListAccountsResponse& list, Time now);
std::string AccountText(const v1::Account& account, Time now);

}  // namespace certbroker::cli
