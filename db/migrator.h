// db/migrator.h: brings a database to the schema of this program, and refuses one that is not.
#pragma once

#include <span>
#include <string>

#include "core/log.h"
#include "core/result.h"
#include "db/migrations.h"

namespace certbroker::db {

// Applies the migrations that the database does not have yet, each in a transaction of its own
// under one lock: any number of programs may do this at the same time. `conninfo` is libpq's, of a
// role that may create tables. Returns how many were applied.
//
// Errors: kDatabaseUnavailable · kConfigInvalid (the schema is newer than this program, or a
// migration was changed after it had been applied: nothing is touched).
Result<int> Migrate(const std::string& conninfo, Log& log,
                    std::span<const Migration> migrations = AllMigrations());

}  // namespace certbroker::db
