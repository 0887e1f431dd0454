#include "service/dev/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <string_view>
#include <system_error>

#include <fmt/core.h>
#include <linux/close_range.h>

#include "core/check.h"
#include "service/dev/system_error.h"

namespace certbroker::dev {
namespace {

// Everything the child needs between fork and exec, made before the fork: after it only
// async-signal-safe calls are allowed.
struct Launch {
  std::vector<char*> argv;
  std::vector<char*> envp;
  std::string directory;
  int program_fd = -1;
  int output_fd = -1;
  int error_fd = -1;
  int extra_fd = -1;
  int failure_fd = -1;  // errno goes here when exec fails; exec closes it
  int death_signal = SIGKILL;
  pid_t parent = -1;
};

// Descriptors of ours that lie where the child's 0…3 will be would be overwritten by the first
// dup2, so they are moved up first.
int OutOfTheWay(int fd) { return fd >= 0 && fd <= 3 ? ::fcntl(fd, F_DUPFD_CLOEXEC, 10) : fd; }

void SetDescriptors(const Launch& launch) {
  const int output = OutOfTheWay(launch.output_fd);
  const int error = OutOfTheWay(launch.error_fd);
  const int extra = OutOfTheWay(launch.extra_fd);
  const int nothing = ::open("/dev/null", O_RDONLY);
  if (nothing > 0) ::dup2(nothing, 0);
  if (nothing > 3) ::close(nothing);
  ::dup2(output, 1);
  ::dup2(error, 2);
  if (extra >= 0) ::dup2(extra, 3);
  // What our own parent left open to us is none of the child's business.
  ::syscall(SYS_close_range, extra >= 0 ? 4U : 3U, ~0U, CLOSE_RANGE_CLOEXEC);
}

[[noreturn]] void RunInChild(const Launch& launch) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, launch.death_signal);
  // The parent may have died before the line above: then nobody will ever signal.
  if (::getppid() != launch.parent) ::_exit(127);
  const int failure_fd = OutOfTheWay(launch.failure_fd);
  const int program_fd = OutOfTheWay(launch.program_fd);
  SetDescriptors(launch);
  struct sigaction defaults = {};
  defaults.sa_handler = SIG_DFL;
  for (int signal = 1; signal < SIGRTMIN; ++signal) ::sigaction(signal, &defaults, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (::chdir(launch.directory.c_str()) == 0) {
    ::execveat(program_fd, "", launch.argv.data(), launch.envp.data(), AT_EMPTY_PATH);
    // A script: its interpreter would have to open the descriptor, which is closed by then.
    if (errno == ENOENT) ::execve(launch.argv[0], launch.argv.data(), launch.envp.data());
  }
  const int error_number = errno;
  [[maybe_unused]] const ssize_t sent = ::write(failure_fd, &error_number, sizeof(error_number));
  ::_exit(127);
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> EnvironmentOf(const ChildSpec& spec) {
  std::map<std::string, std::string> merged;
  for (auto& [name, value] : InheritedEnvironment()) merged[name] = value;
  for (const auto& [name, value] : spec.environment) merged[name] = value;
  std::vector<std::string> texts;
  texts.reserve(merged.size());
  for (const auto& [name, value] : merged) texts.push_back(fmt::format("{}={}", name, value));
  return texts;
}

ChildExit ExitOf(int status) {
  if (WIFSIGNALED(status)) return {.code = 128 + WTERMSIG(status), .signal = WTERMSIG(status)};
  return {.code = WEXITSTATUS(status), .signal = 0};
}

// What exec said, or 0: exec closed the other end and the program runs.
int ReadFailure(int fd) {
  int error_number = 0;
  ssize_t got = 0;
  do {
    got = ::read(fd, &error_number, sizeof(error_number));
  } while (got < 0 && errno == EINTR);
  return got == static_cast<ssize_t>(sizeof(error_number)) ? error_number : 0;
}

}  // namespace

std::string Describe(const ChildExit& exit) {
  if (exit.signal != 0) return fmt::format("was killed by signal {}", exit.signal);
  return fmt::format("exited with code {}", exit.code);
}

std::vector<std::pair<std::string, std::string>> InheritedEnvironment() {
  constexpr std::string_view kNames[] = {"PATH=", "HOME=", "LANG=", "TZ=", "TMPDIR="};
  constexpr std::string_view kPrefixes[] = {
      "CERTBROKER_", "GRPC_", "ASAN_OPTIONS=", "LSAN_OPTIONS=", "UBSAN_OPTIONS=", "TSAN_OPTIONS="};
  const auto wanted = [&](std::string_view entry) {
    const auto starts = [&](std::string_view prefix) { return entry.starts_with(prefix); };
    return std::ranges::any_of(kNames, starts) || std::ranges::any_of(kPrefixes, starts);
  };
  std::vector<std::pair<std::string, std::string>> kept;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || !wanted(text)) continue;
    kept.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return kept;
}

Result<ChildProcess> ChildProcess::Start(const ChildSpec& spec) {
  CERTBROKER_CHECK(spec.program != nullptr);
  const UniqueFd log(
      ::open(spec.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!log.valid()) return SystemError(fmt::format("opening {}", spec.log.string()));
  std::array<int, 2> failure{};
  if (::pipe2(failure.data(), O_CLOEXEC) != 0) return SystemError("making a pipe");
  const UniqueFd failure_reader(failure[0]);
  UniqueFd failure_writer(failure[1]);

  std::vector<std::string> arguments = {spec.program->path().string()};
  arguments.insert(arguments.end(), spec.arguments.begin(), spec.arguments.end());
  std::vector<std::string> environment = EnvironmentOf(spec);
  const Launch launch = {.argv = Pointers(arguments),
                         .envp = Pointers(environment),
                         .directory = spec.directory.string(),
                         .program_fd = spec.program->fd(),
                         .output_fd = spec.output_fd >= 0 ? spec.output_fd : log.get(),
                         .error_fd = log.get(),
                         .extra_fd = spec.extra_fd,
                         .failure_fd = failure_writer.get(),
                         .death_signal = spec.death_signal,
                         .parent = ::getpid()};
  const pid_t pid = ::fork();
  if (pid < 0) return SystemError("fork");
  if (pid == 0) RunInChild(launch);

  ChildProcess child;
  child.name_ = spec.name;
  child.log_ = spec.log;
  child.pid_ = pid;
  child.stop_signal_ = spec.stop_signal;
  // The C library's wrapper lacks extern "C" in Debian 12 (glibc 2.36).
  child.pidfd_ = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!child.pidfd_.valid()) {
    const Error error = SystemError("pidfd_open");
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return error;
  }
  failure_writer.Close();
  if (const int error_number = ReadFailure(failure_reader.get()); error_number != 0) {
    return Error(Reason::kConfigInvalid,
                 fmt::format("{} cannot be run: {}", spec.program->path().string(),
                             std::generic_category().message(error_number)));
  }
  return child;
}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  std::swap(name_, other.name_);
  std::swap(log_, other.log_);
  std::swap(pid_, other.pid_);
  std::swap(pidfd_, other.pidfd_);
  std::swap(stop_signal_, other.stop_signal_);
  std::swap(exit_, other.exit_);
  return *this;
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0 && pidfd_.valid()) Stop(std::chrono::milliseconds{0});
}

std::optional<ChildExit> ChildProcess::Poll() { return WaitFor(std::chrono::milliseconds{0}); }

std::optional<ChildExit> ChildProcess::WaitFor(std::chrono::milliseconds limit) {
  if (exit_) return exit_;
  pollfd event = {.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
  while (::poll(&event, 1, static_cast<int>(limit.count())) < 0 && errno == EINTR) {
  }
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == pid_) exit_ = ExitOf(status);
  return exit_;
}

bool ChildProcess::Stop(std::chrono::milliseconds patience) {
  if (Poll()) return true;
  if (patience.count() > 0) {
    ::kill(pid_, stop_signal_);
    if (WaitFor(patience)) return true;
  }
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);
  while (!WaitFor(std::chrono::milliseconds{1000})) {
  }
  return false;
}

}  // namespace certbroker::dev
