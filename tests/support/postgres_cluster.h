// tests/support/postgres_cluster.h: a PostgreSQL cluster of a test program's own.
//
// In a temporary directory, on a Unix socket only, as an unprivileged user even when the tests run
// as root, without fsync; gone when the program ends, however it ends. What cannot be set up ends
// the program with a sentence that says why.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace certbroker {

class PostgresCluster {
 public:
  // Made at the first call, which must come from the main thread.
  static PostgresCluster& ForThisProgram();

  ~PostgresCluster();
  PostgresCluster(const PostgresCluster&) = delete;
  PostgresCluster& operator=(const PostgresCluster&) = delete;

  // libpq's connection string, for the cluster's superuser.
  std::string Conninfo(std::string_view database) const;
  // The socket that the server listens on.
  std::string socket_path() const { return directory_ + "/.s.PGSQL.5432"; }
  // Everything that the server has logged.
  std::string Log() const;

  // A new database with a name of its own; `template_database` is what it begins as. Nobody may be
  // connected to the template.
  std::string NewDatabase(std::string_view template_database = "template0");
  void CreateDatabase(std::string_view name, std::string_view template_database);

  // Runs statements in autocommit mode; returns the first column of the last one's rows.
  std::vector<std::string> Run(std::string_view database, const std::string& sql) const;

  // As an administrator would stop it (fast shutdown) and start it again.
  void Stop();
  void Start();

  pid_t postmaster() const { return postmaster_; }

 private:
  PostgresCluster();

  std::string directory_;
  pid_t postmaster_ = -1;
  int databases_ = 0;
};

}  // namespace certbroker
