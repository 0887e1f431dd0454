// db/account_key_change.h: the roll-over of an account's key (RFC 8555 §7.3.5), as rows.
#pragma once

#include <chrono>
#include <optional>

#include "core/account.h"
#include "core/ports/account_keys.h"
#include "core/request_key.h"
#include "core/result.h"
#include "db/transaction.h"

namespace certbroker::db {

// AccountStore::WantKey, TryKey and CommitKey.
Result<Account> WantKeyIn(Transaction& tx, const AccountName& name, const RolloverKeys& keys,
                          const std::optional<RequestKey>& request);
Result<Account> TryKeyIn(Transaction& tx, const AccountName& name, const RolloverKeys& keys);
Result<void> CommitKeyIn(Transaction& tx, const Account& account, std::chrono::milliseconds keep);

// kInvalidArgument: the key URI holds a PIN. Here already, because the server would quote the row
// that its CHECK refuses in its log.
Result<void> RefusePin(const std::string& key_uri);
Error AccountLeaseLost(const AccountName& name);

}  // namespace certbroker::db
