#include "tests/support/postgres_cluster.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include <pqxx/connection>
#include <pqxx/except>
#include <pqxx/nontransaction>
#include <pqxx/result>

namespace certbroker {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDirectoryPrefix = "certbroker-pg-";
constexpr auto kStartLimit = std::chrono::seconds{60};
constexpr auto kStartPoll = std::chrono::milliseconds{10};

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "tests/support/postgres_cluster: %s\n", why.c_str());
  std::abort();
}

// 0: there is none.
int NumberAt(const char* text) { return static_cast<int>(std::strtol(text, nullptr, 10)); }

fs::path BinDirectory() {
  fs::path best;
  int best_version = 0;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql")) {
    const int version = NumberAt(entry.path().filename().c_str());
    if (version > best_version && fs::exists(entry.path() / "bin/initdb")) {
      best_version = version;
      best = entry.path() / "bin";
    }
  }
  if (best_version < 15) Die("no PostgreSQL 15 or later under /usr/lib/postgresql");
  return best;
}

// PostgreSQL refuses to run as root.
struct User {
  uid_t uid = getuid();
  gid_t gid = getgid();
};
User Unprivileged() {
  if (getuid() != 0) return {};
  for (const char* name : {"postgres", "nobody"}) {
    if (const passwd* entry = getpwnam(name)) return {entry->pw_uid, entry->pw_gid};
  }
  Die("running as root, and there is neither a user postgres nor nobody");
}

// Directories of programs that were killed before they could remove theirs.
void SweepLeftovers(const fs::path& parent) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(parent, ignored)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(kDirectoryPrefix)) continue;
    const pid_t owner = NumberAt(name.c_str() + kDirectoryPrefix.size());
    if (owner > 0 && kill(owner, 0) != 0 && errno == ESRCH) fs::remove_all(entry.path(), ignored);
  }
}

std::string NewDirectory(const User& user) {
  const fs::path parent = fs::temp_directory_path();
  SweepLeftovers(parent);
  std::string path =
      parent / (std::string(kDirectoryPrefix) + std::to_string(getpid()) + "-XXXXXX");
  if (mkdtemp(path.data()) == nullptr) Die("cannot make a directory under " + parent.string());
  if (getuid() == 0 && chown(path.c_str(), user.uid, user.gid) != 0) Die("chown " + path);
  return path;
}

// In the child, between fork and exec: only async-signal-safe calls.
[[noreturn]] void Become(const User& user, int output, pid_t parent, char* const* argv) {
  if (getuid() == 0 &&
      (setgroups(0, nullptr) != 0 || setgid(user.gid) != 0 || setuid(user.uid) != 0)) {
    _exit(126);
  }
  // After setuid, which clears it. The parent may have died before.
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (getppid() != parent) _exit(125);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  execv(argv[0], argv);
  _exit(127);
}

bool Answers(const std::string& conninfo) {
  try {
    const pqxx::connection connection(conninfo);
    return true;
  } catch (const pqxx::failure&) {
    return false;
  }
}

pid_t Spawn(const std::vector<std::string>& command, const std::string& log) {
  const User user = Unprivileged();
  const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (output < 0) Die("cannot write " + log);
  std::vector<char*> argv;
  argv.reserve(command.size() + 1);
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) Die("fork failed");
  if (child == 0) Become(user, output, parent, argv.data());
  close(output);
  return child;
}

int WaitFor(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

std::string ContentOf(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

PostgresCluster& PostgresCluster::ForThisProgram() {
  static PostgresCluster cluster;
  return cluster;
}

PostgresCluster::PostgresCluster() : directory_(NewDirectory(Unprivileged())) {
  const std::string log = directory_ + "/initdb.log";
  const pid_t initdb =
      Spawn({BinDirectory() / "initdb", "-D", directory_ + "/data", "-U", "tester", "--auth=trust",
             "--encoding=UTF8", "--no-locale", "--no-sync", "--no-instructions"},
            log);
  if (WaitFor(initdb) != 0) Die("initdb failed:\n" + ContentOf(log));
  Start();
}

PostgresCluster::~PostgresCluster() {
  if (postmaster_ > 0) Stop();
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

std::string PostgresCluster::Conninfo(std::string_view database) const {
  return "host=" + directory_ + " user=tester dbname=" + std::string(database);
}

std::string PostgresCluster::Log() const { return ContentOf(directory_ + "/postgres.log"); }

void PostgresCluster::Start() {
  const std::string log = directory_ + "/postgres.log";
  postmaster_ =
      Spawn({BinDirectory() / "postgres", "-D", directory_ + "/data", "-k", directory_, "-c",
             "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off", "-c",
             "max_connections=100", "-c", "shared_buffers=64MB", "-c", "max_wal_size=1GB"},
            log);
  const auto deadline = std::chrono::steady_clock::now() + kStartLimit;
  while (!Answers(Conninfo("postgres"))) {
    if (waitpid(postmaster_, nullptr, WNOHANG) == postmaster_ ||
        std::chrono::steady_clock::now() > deadline) {
      Die("postgres did not start:\n" + ContentOf(log));
    }
    std::this_thread::sleep_for(kStartPoll);
  }
}

void PostgresCluster::Stop() {
  kill(postmaster_, SIGINT);
  WaitFor(postmaster_);
  postmaster_ = -1;
}

std::string PostgresCluster::NewDatabase(std::string_view template_database) {
  std::string name = "test_" + std::to_string(++databases_);
  CreateDatabase(name, template_database);
  return name;
}

void PostgresCluster::CreateDatabase(std::string_view name, std::string_view template_database) {
  Run("postgres",
      "CREATE DATABASE " + std::string(name) + " TEMPLATE " + std::string(template_database));
}

std::vector<std::string> PostgresCluster::Run(std::string_view database,
                                              const std::string& sql) const {
  std::vector<std::string> values;
  try {
    pqxx::connection connection(Conninfo(database));
    pqxx::nontransaction session(connection);
    for (const auto& row : session.exec(sql)) {
      values.emplace_back(row[0].is_null() ? "" : row[0].c_str());
    }
  } catch (const std::exception& e) {
    Die("\"" + sql + "\" failed: " + e.what());
  }
  return values;
}

}  // namespace certbroker
