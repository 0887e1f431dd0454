// cli/account_keys_text.h: the keys of an account for people: live, wanted, retired. Pure;
// printable, whatever the service says.
#pragma once

#include <string>

#include "certbroker/v1/account.pb.h"
#include "core/time.h"

namespace certbroker::cli {

// With the command that destroys each retired key, and from when.
std::string AccountKeysText(const v1::Account& account, Time now);
// Old and new key, and what others have to know. `asked_only`: nothing was changed.
std::string RolloverText(const v1::RolloverAccountKeyResponse& rollover, bool asked_only);

}  // namespace certbroker::cli
