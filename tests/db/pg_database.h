// tests/db/pg_database.h: a migrated database of a test's own, on the program's cluster.
#pragma once

#include <string>
#include <vector>

#include "core/clock.h"
#include "core/random.h"
#include "db/connection_pool.h"
#include "tests/fakes/capture_log.h"
#include "tests/support/postgres_cluster.h"

namespace certbroker::db {

class PgDatabase {
 public:
  // `host`: where the pool finds the server; empty: at the cluster's own socket.
  explicit PgDatabase(ConnectionPool::Options options = {}, const std::string& host = {});

  const std::string& name() const { return name_; }
  std::string conninfo() const;
  ConnectionPool& pool() { return pool_; }
  CaptureLog& log() { return log_; }
  const Clock& clock() const { return clock_; }
  Random& random() { return random_; }
  // Statements in autocommit mode; the first column of the last one's rows.
  std::vector<std::string> Run(const std::string& sql) const;

 private:
  SystemClock clock_;
  SystemRandom random_;
  CaptureLog log_;
  std::string name_;
  ConnectionPool pool_;
};

}  // namespace certbroker::db
