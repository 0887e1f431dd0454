#include "db/migrator.h"

#include <fmt/format.h>

#include "db/connection.h"
#include "db/conninfo.h"
#include "db/queries.h"
#include "db/transaction.h"

namespace certbroker::db {
namespace {

// Nothing of the server's may end a long migration half way; a stopped one ends with its session.
constexpr SessionLimits kNoLimits{.statement = {}, .lock = {}, .idle_in_transaction = {}};

// Errors: the schema is not one that this program can bring forward.
Result<int> AppliedVersions(Transaction& tx, std::span<const Migration> migrations) {
  ASSIGN_OR_RETURN(const Rows rows, tx.Exec(sql::kReadMigrations));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string name = rows[i].Text("name");
    if (i >= migrations.size()) {
      return Error(Reason::kConfigInvalid,
                   fmt::format("the database's schema is newer than this program: it has migration "
                               "{} ({}), this program ends with {}; run a program that knows it",
                               rows[i].Int("version"), name, migrations.size()));
    }
    const Migration& ours = migrations[i];
    if (rows[i].Int("version") != ours.version || rows[i].Text("checksum") != ours.checksum) {
      return Error(Reason::kConfigInvalid,
                   fmt::format("migration {} ({}) in the database is not the one of this program "
                               "({}, checksum {}): a released migration is never edited; restore "
                               "the file, or use the program that applied it",
                               rows[i].Int("version"), name, ours.name, ours.checksum));
    }
  }
  return static_cast<int>(rows.size());
}

// Whether one was applied; false: there is none left.
Result<bool> ApplyNext(Transaction& tx, std::span<const Migration> migrations) {
  RETURN_IF_ERROR(tx.Exec(sql::kMigrationLock));
  RETURN_IF_ERROR(tx.Exec(sql::kCreateMigrationTable));
  ASSIGN_OR_RETURN(const int applied, AppliedVersions(tx, migrations));
  if (static_cast<std::size_t>(applied) == migrations.size()) return false;

  const Migration& next = migrations[static_cast<std::size_t>(applied)];
  CERTBROKER_CHECK(next.version == applied + 1);
  if (auto done = tx.ExecScript(next.sql); !done) {
    return std::move(done).error().While(
        fmt::format("applying migration {} ({})", next.version, next.name));
  }
  RETURN_IF_ERROR(tx.Exec(sql::kInsertMigration, {next.version, next.name, next.checksum}));
  return true;
}

}  // namespace

Result<int> Migrate(const std::string& conninfo, Log& log, std::span<const Migration> migrations) {
  ASSIGN_OR_RETURN(const auto connection, Connection::Open(CompleteConninfo(conninfo, kNoLimits)));
  for (int count = 0;; ++count) {
    Transaction tx(*connection, Mode::kWrite);
    ASSIGN_OR_RETURN(const bool applied, ApplyNext(tx, migrations));
    RETURN_IF_ERROR(tx.Commit());
    if (!applied) return count;
    log.Info("database.migrated", {{"applied_now", std::to_string(count + 1)}});
  }
}

}  // namespace certbroker::db
