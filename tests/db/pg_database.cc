#include "tests/db/pg_database.h"

#include <utility>

#include "db/migrator.h"
#include "tests/support/result_matchers.h"

namespace certbroker::db {
namespace {

// Migrating takes longer than copying.
std::string NewMigratedDatabase() {
  constexpr const char* kTemplate = "certbroker_template";
  PostgresCluster& cluster = PostgresCluster::ForThisProgram();
  static const bool made = [&cluster] {
    cluster.CreateDatabase(kTemplate, "template0");
    CaptureLog log;
    EXPECT_THAT(Migrate(cluster.Conninfo(kTemplate), log), IsOk());
    return true;
  }();
  static_cast<void>(made);
  return cluster.NewDatabase(kTemplate);
}

ConnectionPool::Options WithConninfo(ConnectionPool::Options options, const std::string& database,
                                     const std::string& host) {
  options.conninfo = PostgresCluster::ForThisProgram().Conninfo(database);
  if (!host.empty()) options.conninfo += " host=" + host;  // libpq takes the last one
  return options;
}

}  // namespace

PgDatabase::PgDatabase(ConnectionPool::Options options, const std::string& host)
    : name_(NewMigratedDatabase()),
      pool_(WithConninfo(std::move(options), name_, host), clock_, log_) {}

std::string PgDatabase::conninfo() const {
  return PostgresCluster::ForThisProgram().Conninfo(name_);
}

std::vector<std::string> PgDatabase::Run(const std::string& sql) const {
  return PostgresCluster::ForThisProgram().Run(name_, sql);
}

}  // namespace certbroker::db
