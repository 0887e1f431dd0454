#include "service/dev/supervisor.h"

#include <poll.h>
#include <sys/signalfd.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include <fmt/core.h>

#include "core/check.h"
#include "service/dev/system_error.h"
#include "service/dev/text_file.h"

namespace certbroker::dev {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kProbeEvery{10};
constexpr milliseconds kPatience{10'000};
constexpr std::size_t kTailLines = 12;

Error Interrupted() { return {Reason::kCancelled, "interrupted by a signal"}; }

std::string LogOf(const std::string& name, const std::filesystem::path& log) {
  const std::string tail = TailOf(log, kTailLines);
  if (tail.empty()) return fmt::format("; {} wrote nothing to {}", name, log.string());
  return fmt::format("; the last lines of {}:\n{}", log.string(), tail);
}

Error Ended(const std::string& name, const std::filesystem::path& log, const ChildExit& exit) {
  return {Reason::kInternal, fmt::format("{} {}{}", name, Describe(exit), LogOf(name, log))};
}

}  // namespace

Supervisor::Supervisor(Clock& clock) : clock_(clock) {
  sigset_t watched;
  ::sigemptyset(&watched);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&watched, signal);
  CERTBROKER_CHECK(::pthread_sigmask(SIG_BLOCK, &watched, nullptr) == 0);
  signals_ = UniqueFd(::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
  CERTBROKER_CHECK(signals_.valid());
}

Supervisor::~Supervisor() { StopAll(); }

Result<pid_t> Supervisor::Start(const ChildSpec& spec) {
  ASSIGN_OR_RETURN(ChildProcess child, ChildProcess::Start(spec));
  const pid_t pid = child.pid();
  children_.push_back(std::move(child));
  return pid;
}

Result<void> Supervisor::WaitUntil(std::string_view what, const std::function<bool()>& ready,
                                   milliseconds limit) {
  const SteadyTime deadline = clock_.Tick() + limit;
  while (!ready()) {
    if (const auto error = Casualty({}, nullptr)) return *error;
    if (clock_.Tick() >= deadline) {
      return Error(
          Reason::kDeadlineExceeded,
          fmt::format("{} is not ready after {} ms{}", what, limit.count(),
                      children_.empty() ? std::string()
                                        : LogOf(children_.back().name(), children_.back().log())));
    }
    if (WaitForEvent(kProbeEvery)) return Interrupted();
  }
  return {};
}

Result<void> Supervisor::Run(const ChildSpec& spec, milliseconds limit) {
  ASSIGN_OR_RETURN(ChildProcess child, ChildProcess::Start(spec));
  const SteadyTime deadline = clock_.Tick() + limit;
  while (true) {
    if (const auto exit = child.Poll()) {
      if (exit->code == 0) return {};
      return Ended(spec.name, spec.log, *exit);
    }
    if (const auto error = Casualty({}, nullptr)) return *error;
    const auto left = std::chrono::ceil<milliseconds>(deadline - clock_.Tick());
    if (left.count() <= 0) {
      return Error(Reason::kDeadlineExceeded,
                   fmt::format("{} did not end within {} ms{}", spec.name, limit.count(),
                               LogOf(spec.name, spec.log)));
    }
    if (WaitForEvent(left, child.pidfd())) return Interrupted();
  }
}

Result<void> Supervisor::WaitForEnd(std::string_view revived,
                                    const std::function<Result<void>()>& revive) {
  while (true) {
    bool revived_ended = false;
    if (const auto error = Casualty(revived, &revived_ended)) return *error;
    if (revived_ended) RETURN_IF_ERROR(revive());
    if (WaitForEvent(milliseconds{-1})) return {};
  }
}

void Supervisor::StopAll() {
  while (!children_.empty()) {
    children_.back().Stop(kPatience);
    children_.pop_back();
  }
}

std::vector<std::pair<std::string, pid_t>> Supervisor::Running() const {
  std::vector<std::pair<std::string, pid_t>> running;
  running.reserve(children_.size());
  for (const auto& child : children_) running.emplace_back(child.name(), child.pid());
  return running;
}

std::optional<Error> Supervisor::Casualty(std::string_view revived, bool* revived_ended) {
  for (auto child = children_.begin(); child != children_.end();) {
    const auto exit = child->Poll();
    if (!exit) {
      ++child;
      continue;
    }
    const ChildProcess ended = std::move(*child);
    child = children_.erase(child);
    if (revived.empty() || ended.name() != revived) return Ended(ended.name(), ended.log(), *exit);
    *revived_ended = true;
  }
  return std::nullopt;
}

bool Supervisor::WaitForEvent(milliseconds limit, int extra_pidfd) {
  std::vector<pollfd> events = {{.fd = signals_.get(), .events = POLLIN, .revents = 0}};
  for (const auto& child : children_) {
    events.push_back({.fd = child.pidfd(), .events = POLLIN, .revents = 0});
  }
  if (extra_pidfd >= 0) events.push_back({.fd = extra_pidfd, .events = POLLIN, .revents = 0});
  ::poll(events.data(), events.size(), static_cast<int>(limit.count()));
  signalfd_siginfo signal = {};
  return ::read(signals_.get(), &signal, sizeof(signal)) == sizeof(signal);
}

}  // namespace certbroker::dev
