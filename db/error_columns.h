// db/error_columns.h: an Error as the four columns failure_reason, failure_detail,
// failure_retry_after_s and failure_violations.
#pragma once

#include <optional>

#include "core/error.h"
#include "db/param.h"
#include "db/row.h"

namespace certbroker::db {

// Adds the four, in the order above.
void AppendFailure(Params& params, const std::optional<Error>& failure);

// A reason that this program does not know (a newer replica wrote it) is read as kInternal, with
// its name in the detail.
std::optional<Error> ReadFailure(const Row& row);

}  // namespace certbroker::db
