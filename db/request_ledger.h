// db/request_ledger.h: makes a mutation happen once: the first call under a request id leaves a
// row, in the transaction of what it does; a later one finds it.
#pragma once

#include <optional>
#include <string>

#include "core/request_key.h"
#include "core/result.h"
#include "db/transaction.h"

namespace certbroker::db {

// Nothing: this call is the first; `resource` (an id or a name) is what its repetitions will get.
// Else the resource of the first call. kDuplicateRequestId: the first call asked for something
// else.
Result<std::optional<std::string>> FindOrRemember(Transaction& tx, const RequestKey& request,
                                                  const std::string& resource);

// The resource of the first call; nothing: there was none yet. kDuplicateRequestId as above.
Result<std::optional<std::string>> FindEarlier(Transaction& tx, const RequestKey& request);

}  // namespace certbroker::db
