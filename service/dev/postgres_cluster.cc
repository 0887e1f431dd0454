#include "service/dev/postgres_cluster.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include <fmt/core.h>

#include "service/dev/text_file.h"

namespace certbroker::dev {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

constexpr int kOldestVersion = 15;
constexpr std::string_view kUser = "certbroker";

// 0: not a version's folder.
int VersionOf(const fs::path& folder) {
  const std::string name = folder.filename().string();
  int version = 0;
  const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), version);
  return failed == std::errc{} && end == name.data() + name.size() ? version : 0;
}

Result<void> InitDatabase(const PostgresPrograms& programs, const PostgresOptions& options,
                          Supervisor& supervisor) {
  return supervisor.Run({.name = "initdb",
                         .program = &programs.initdb,
                         .arguments = {"--pgdata", options.directory.string(), "--username",
                                       std::string(kUser), "--auth=trust", "--encoding=UTF8",
                                       "--locale=C.UTF-8", "--no-sync", "--no-instructions"},
                         .environment = {},
                         .log = options.logs / "initdb.log"},
                        seconds{60});
}

ChildSpec ServerSpec(const PostgresPrograms& programs, const PostgresOptions& options) {
  const auto setting = [](std::string_view name, std::string_view value) {
    return fmt::format("--{}={}", name, value);
  };
  return {.name = "postgres",
          .program = &programs.postgres,
          .arguments = {"-D", options.directory.string(), setting("listen_addresses", ""),
                        setting("unix_socket_directories", options.sockets.string()),
                        setting("unix_socket_permissions", "0700"),
                        setting("fsync", options.fsync ? "on" : "off"),
                        setting("cluster_name", "certbroker-dev")},
          .environment = {},
          .log = options.logs / "postgres.log",
          .stop_signal = SIGINT,
          .death_signal = SIGINT};
}

}  // namespace

Result<PostgresPrograms> FindPostgres() {
  fs::path best;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
    if (!fs::exists(entry.path() / "bin" / "initdb", ignored)) continue;
    if (VersionOf(entry.path()) > VersionOf(best)) best = entry.path();
  }
  if (VersionOf(best) < kOldestVersion) {
    return Error(Reason::kConfigInvalid,
                 fmt::format("no PostgreSQL {} or later under /usr/lib/postgresql; install it with "
                             "tools/install_packages",
                             kOldestVersion));
  }
  ASSIGN_OR_RETURN(ProgramFile initdb, ProgramFile::Open(best / "bin" / "initdb"));
  ASSIGN_OR_RETURN(ProgramFile postgres, ProgramFile::Open(best / "bin" / "postgres"));
  ASSIGN_OR_RETURN(ProgramFile psql, ProgramFile::Open(best / "bin" / "psql"));
  return PostgresPrograms{std::move(initdb), std::move(postgres), std::move(psql)};
}

Result<void> StartPostgres(const PostgresPrograms& programs, const PostgresOptions& options,
                           Supervisor& supervisor) {
  RETURN_IF_ERROR(InitDatabase(programs, options, supervisor));
  RETURN_IF_ERROR(supervisor.Start(ServerSpec(programs, options)));
  const auto ready = [&] {
    const auto pid_file = ReadFile(options.directory / "postmaster.pid");
    return pid_file.has_value() && PostmasterIsReady(*pid_file);
  };
  RETURN_IF_ERROR(supervisor.WaitUntil("postgres", ready, seconds{30}));
  return supervisor.Run({.name = "psql",
                         .program = &programs.psql,
                         .arguments = {"--no-psqlrc", "--quiet", "--host", options.sockets.string(),
                                       "--username", std::string(kUser), "--dbname", "postgres",
                                       "--command", "CREATE DATABASE certbroker"},
                         .environment = {},
                         .log = options.logs / "psql.log"},
                        seconds{30});
}

std::string PostgresUrl(const PostgresOptions& options) {
  // A path in libpq's URI has its reserved characters escaped; as a parameter it needs few.
  std::string host;
  for (const char c : options.sockets.string()) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("/-_.~").find(c) != std::string_view::npos;
    host += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return fmt::format("postgresql:///certbroker?host={}&user={}", host, kUser);
}

bool PostmasterIsReady(std::string_view postmaster_pid) {
  // Line 8 (LOCK_FILE_LINE_PM_STATUS) is "starting", then "ready   ", padded.
  constexpr int kStatusLine = 8;
  for (int line = 1; line < kStatusLine; ++line) {
    const std::size_t newline = postmaster_pid.find('\n');
    if (newline == std::string_view::npos) return false;
    postmaster_pid.remove_prefix(newline + 1);
  }
  return postmaster_pid.starts_with("ready");
}

}  // namespace certbroker::dev
