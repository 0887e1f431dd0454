// service/dev/postgres_cluster.h: a private Postgres cluster: one user, one Unix socket, no TCP.
#pragma once

#include <filesystem>
#include <string>

#include "core/result.h"
#include "service/dev/program_file.h"
#include "service/dev/supervisor.h"

namespace certbroker::dev {

struct PostgresPrograms {
  ProgramFile initdb;
  ProgramFile postgres;
  ProgramFile psql;
};

// The newest of the versions installed (/usr/lib/postgresql/NN/bin), which has to be 15 or later.
// kConfigInvalid when there is none.
Result<PostgresPrograms> FindPostgres();

struct PostgresOptions {
  std::filesystem::path directory;  // exists, empty
  std::filesystem::path sockets;    // exists, private: the cluster trusts whoever can enter it
  std::filesystem::path logs;
  // Off: a commit costs 0.2 ms instead of a disk's flush (4 ms measured). Killed programs lose
  // nothing either way, only a crash of the whole machine does, and a stack does not outlive that.
  bool fsync = false;
};

// Makes and starts the cluster (about a second), and in it the database "certbroker" of the user
// "certbroker". It runs until the supervisor stops it: with SIGINT, a fast shutdown, also when the
// supervisor itself is killed.
Result<void> StartPostgres(const PostgresPrograms& programs, const PostgresOptions& options,
                           Supervisor& supervisor);

// libpq's URI of it.
std::string PostgresUrl(const PostgresOptions& options);

// What the server writes into its postmaster.pid: pg_ctl waits for the same line.
bool PostmasterIsReady(std::string_view postmaster_pid);

}  // namespace certbroker::dev
