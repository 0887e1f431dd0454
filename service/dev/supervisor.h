// service/dev/supervisor.h: starts the programs of a stack, watches them all while it waits for any
// one, and ends them in reverse order.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "core/unique_fd.h"
#include "service/dev/child_process.h"

namespace certbroker::dev {

// Not thread-safe; children die with the thread that started them. From construction on SIGINT,
// SIGTERM and SIGHUP are blocked in this thread and read from a descriptor: every wait below ends
// with kCancelled when one comes. The destructor ends what still runs; the signals stay blocked, so
// that a late one changes neither the clearing up nor the exit code that says why all ended.
class Supervisor {
 public:
  explicit Supervisor(Clock& clock);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // Starts a program that is to stay. Its end, from now on, is an error of every wait.
  Result<pid_t> Start(const ChildSpec& spec);

  // Waits until `ready` says true; asked every few milliseconds. Errors: kUnavailable reasons
  // never; kCancelled (a signal), kDeadlineExceeded (after `limit`, with the last lines of the log
  // of the program started last), kInternal (a program ended, with the last lines of its log).
  Result<void> WaitUntil(std::string_view what, const std::function<bool()>& ready,
                         std::chrono::milliseconds limit);

  // Runs a program to its end. kInternal when its exit code is not 0.
  Result<void> Run(const ChildSpec& spec, std::chrono::milliseconds limit);

  // Blocks until a signal comes (success) or a program ends (kInternal, as above). A program named
  // `revived` is not missed: `revive` is called instead, and its error is returned.
  Result<void> WaitForEnd(std::string_view revived = {},
                          const std::function<Result<void>()>& revive = {});

  // Ends everything, last started first, and waits for each.
  void StopAll();

  // Name and pid of what runs, in the order of start.
  std::vector<std::pair<std::string, pid_t>> Running() const;

 private:
  // The first program that has ended, taken out of the list; nothing when all run.
  std::optional<Error> Casualty(std::string_view revived, bool* revived_ended);
  // Until a signal, an end of a program (both seen by the caller) or `limit`. True: a signal.
  bool WaitForEvent(std::chrono::milliseconds limit, int extra_pidfd = -1);

  Clock& clock_;
  UniqueFd signals_;
  std::vector<ChildProcess> children_;
};

}  // namespace certbroker::dev
