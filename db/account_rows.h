// db/account_rows.h: an Account as its row and the rows of its retired keys.
#pragma once

#include <vector>

#include "core/account.h"
#include "core/result.h"
#include "db/transaction.h"

namespace certbroker::db {

// Those of `names` that exist, in the order of `names`.
Result<std::vector<Account>> ReadAccounts(Transaction& tx, const std::vector<AccountName>& names);
// kNotFound.
Result<Account> ReadAccount(Transaction& tx, const AccountName& name);

}  // namespace certbroker::db
