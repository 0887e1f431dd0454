#include "acme/solvers/program_run.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "core/unique_fd.h"

namespace certbroker::acme {
namespace {

using std::chrono::milliseconds;

constexpr int kFirstOfOurs = 3;

Error Failed(const ProgramRun& run, std::string_view doing, int error_number) {
  return {Reason::kSolverProgramFailed,
          fmt::format("{} cannot be run: {}: {}", Printable(run.argv.front(), 300), doing,
                      std::generic_category().message(error_number))};
}

// A file in memory: unlike a pipe it can be written before anybody reads, and never raises SIGPIPE.
UniqueFd InputFile(std::string_view content) {
  UniqueFd fd(::memfd_create("input", MFD_CLOEXEC));
  while (fd.valid() && !content.empty()) {
    const ssize_t put = ::write(fd.get(), content.data(), content.size());
    if (put < 0 && errno != EINTR) return {};
    if (put > 0) content.remove_prefix(static_cast<std::size_t>(put));
  }
  if (fd.valid() && ::lseek(fd.get(), 0, SEEK_SET) != 0) return {};
  return fd;
}

// posix_spawn's two option objects, destroyed whatever happens.
class SpawnOptions {
 public:
  SpawnOptions(int input, int output) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_adddup2(&actions_, input, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, output, 1);
    ::posix_spawn_file_actions_adddup2(&actions_, output, 2);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, kFirstOfOurs);
    ::posix_spawn_file_actions_addchdir_np(&actions_, "/");
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    sigset_t signals;
    ::sigfillset(&signals);
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
    ::sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes_, &signals);
  }
  ~SpawnOptions() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnOptions(const SpawnOptions&) = delete;
  SpawnOptions& operator=(const SpawnOptions&) = delete;

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_ = {};
  posix_spawnattr_t attributes_ = {};
};

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// A started program; reaped by the destructor at the latest.
class Program {
 public:
  Program(pid_t pid, UniqueFd pidfd, UniqueFd output, std::size_t max_output)
      : pid_(pid), pidfd_(std::move(pidfd)), output_(std::move(output)), max_output_(max_output) {}
  ~Program() {
    if (pid_ <= 0) return;
    Signal(SIGKILL);
    Reap();
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void Signal(int signal) const { ::kill(-pid_, signal); }

  // Reads what it says until it has ended (true) or the time has come.
  bool FollowUntil(SteadyTime until, const Clock& clock) {
    std::array<pollfd, 2> events = {pollfd{.fd = pidfd_.get(), .events = POLLIN, .revents = 0},
                                    pollfd{.fd = output_.get(), .events = POLLIN, .revents = 0}};
    while (true) {
      const auto left = std::chrono::ceil<milliseconds>(until - clock.Tick());
      if (left.count() <= 0) return false;
      ::poll(events.data(), events.size(),
             static_cast<int>(std::min(left, milliseconds{60'000}).count()));
      if (events[1].revents != 0 && !Read()) events[1].fd = -1;
      if ((events[0].revents & POLLIN) != 0) return true;
    }
  }

  // Precondition: it has ended, or was sent SIGKILL.
  ProgramEnd End(bool timed_out) {
    const int code = Reap();
    while (Read()) {
    }
    return {.exit_code = code, .timed_out = timed_out, .output = std::move(said_)};
  }

 private:
  // What is there; false when there is nothing more now, or ever.
  bool Read() {
    std::array<char, 4096> octets{};
    const ssize_t got = ::read(output_.get(), octets.data(), octets.size());
    if (got <= 0) return got < 0 && errno == EINTR;
    const std::size_t room = max_output_ - said_.size();
    said_.append(octets.data(), std::min(room, static_cast<std::size_t>(got)));
    // Whoever inherited the pipe and never stops writing must not hold us up.
    return ++reads_ < kMostReads;
  }

  int Reap() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

  static constexpr int kMostReads = 100'000;

  pid_t pid_;
  UniqueFd pidfd_;
  UniqueFd output_;
  const std::size_t max_output_;
  std::string said_;
  int reads_ = 0;
};

}  // namespace

Result<ProgramEnd> RunToEnd(const ProgramRun& run, const Clock& clock, SteadyTime deadline) {
  const UniqueFd input = InputFile(run.input);
  if (!input.valid()) return Failed(run, "standard input", errno);
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return Failed(run, "pipe", errno);
  UniqueFd reader(pipe[0]);
  UniqueFd writer(pipe[1]);
  ::fcntl(reader.get(), F_SETFL, O_NONBLOCK);

  std::vector<std::string> argv = run.argv;
  std::vector<std::string> environment;
  for (const auto& [name, value] : run.environment) environment.push_back(name + "=" + value);
  const SpawnOptions options(input.get(), writer.get());
  pid_t pid = -1;
  const int failed =
      ::posix_spawn(&pid, argv.front().c_str(), options.actions(), options.attributes(),
                    Pointers(argv).data(), Pointers(environment).data());
  if (failed != 0) return Failed(run, "exec", failed);
  writer.Close();

  // Nobody else reaps our children, so the pid is still its own.
  Program program(pid, UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))),
                  std::move(reader), run.max_output_bytes);
  if (program.FollowUntil(deadline - run.grace, clock)) return program.End(false);
  program.Signal(SIGTERM);
  program.FollowUntil(deadline, clock);
  program.Signal(SIGKILL);
  return program.End(true);
}

}  // namespace certbroker::acme
