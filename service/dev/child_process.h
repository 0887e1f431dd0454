// service/dev/child_process.h: one program that runs under our eyes and does not outlive us.
//
// The child is its own process group, so that a Ctrl-C in the terminal reaches only us and we end
// things in our order. The kernel kills it when the thread that started it dies (PR_SET_PDEATHSIG),
// SIGKILL included: start children from a thread that lives as long as they should, best main's.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/result.h"
#include "core/unique_fd.h"
#include "service/dev/program_file.h"

namespace certbroker::dev {

struct ChildSpec {
  std::string name;                    // for people: "postgres"
  const ProgramFile* program;          // outlives Start only
  std::vector<std::string> arguments;  // without the program's name
  // Set on top of what is passed on from our own environment (see InheritedEnvironment).
  std::vector<std::pair<std::string, std::string>> environment;
  std::filesystem::path directory = "/";  // working directory
  std::filesystem::path log;              // standard output and error are appended to it
  int output_fd = -1;  // >= 0: standard output goes there instead, error still to the log
  int extra_fd = -1;   // >= 0: the child finds it as descriptor 3
  int stop_signal = SIGTERM;
  int death_signal = SIGKILL;  // when we die without having stopped it
};

// How a child ended.
struct ChildExit {
  int code = 0;    // exit code; 128 + signal when killed, as a shell says it
  int signal = 0;  // 0: it exited by itself
};
std::string Describe(const ChildExit& exit);  // "exited with code 3", "was killed by signal 9"

// Move-only. Not thread-safe. The destructor kills a child that still runs, and waits for it.
class ChildProcess {
 public:
  // kConfigInvalid when the program cannot be run, kInternal when the system refuses.
  static Result<ChildProcess> Start(const ChildSpec& spec);

  ChildProcess(ChildProcess&&) noexcept = default;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess();

  const std::string& name() const { return name_; }
  const std::filesystem::path& log() const { return log_; }
  pid_t pid() const { return pid_; }
  int pidfd() const { return pidfd_.get(); }  // readable when the child has ended

  // Never blocks. nothing: it still runs.
  std::optional<ChildExit> Poll();
  // Blocks. nothing: it still runs after `limit`.
  std::optional<ChildExit> WaitFor(std::chrono::milliseconds limit);
  // Sends the stop signal, waits, and kills the whole group if that was not enough (true: it was).
  bool Stop(std::chrono::milliseconds patience);

 private:
  ChildProcess() = default;

  std::string name_;
  std::filesystem::path log_;
  pid_t pid_ = -1;
  UniqueFd pidfd_;
  int stop_signal_ = SIGTERM;
  std::optional<ChildExit> exit_;
};

// What children get of our environment: PATH, HOME, LANG, TZ, TMPDIR, sanitizer options, and
// everything that begins with CERTBROKER_ or GRPC_. Nothing else, so that a PGHOST or PEBBLE_…
// in somebody's shell does not change a stack.
std::vector<std::pair<std::string, std::string>> InheritedEnvironment();

}  // namespace certbroker::dev
