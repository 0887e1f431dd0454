// tests/support/dev_stack.h: a whole certbroker for a test program: `certbrokerd dev` in a folder
// of its own, on ports of its own, started once and gone when the program ends.
//
//   TEST(IssueTest, GivesACertificate) {
//     DevStack& stack = SharedStack();
//     const ProgramResult issued = stack.Agent(0, {"issue", "app.test", "--http-listen",
//                                                  stack.http_listen(), "--out", dir.path()});
//     EXPECT_EQ(issued.exit_code, 0) << issued;
//   }
//
// A test that disturbs the stack, or needs another Pebble, starts its own with DevStack::Start.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/result.h"
#include "service/dev/child_process.h"
#include "tests/support/run_program.h"

namespace certbroker {

// Not thread-safe, but for the accessors. Used from the main thread: children die with the thread
// that started them.
class DevStack {
 public:
  struct Options {
    // Of certbrokerd dev, besides --dir, --ready-fd and --quiet: {"--pebble-env", "…"}.
    std::vector<std::string> arguments;
    // Of the service, among others; only what child_process.h passes on arrives.
    std::vector<std::pair<std::string, std::string>> environment;
  };

  // Returns when the stack is ready (two to four seconds). The error holds what certbrokerd said.
  static Result<std::unique_ptr<DevStack>> Start(const Options& options);

  ~DevStack();
  DevStack(const DevStack&) = delete;
  DevStack& operator=(const DevStack&) = delete;

  // stack.json as it is now; throws away nothing: see service/dev/stack_json.h for the fields.
  nlohmann::json Facts() const;
  // One text of it: Text("/pebble/directory_url"). Fails the test when it is not there.
  std::string Text(const std::string& pointer) const;
  // "127.0.0.1:port": where the CA looks for http-01 answers.
  std::string http_listen() const;
  const std::filesystem::path& directory() const { return directory_; }
  std::filesystem::path log(const std::string& name) const;  // "certbrokerd", "pebble", …

  // certbroker-agent as the identity with that index, certbroker as operator, both with the
  // connection's options in front of `arguments`.
  ProgramResult Agent(std::size_t identity, const std::vector<std::string>& arguments) const;
  // The same, without waiting for its end.
  std::unique_ptr<RunningProgram> StartAgent(std::size_t identity,
                                             const std::vector<std::string>& arguments) const;
  ProgramResult Operator(const std::vector<std::string>& arguments) const;
  // certbroker keystore …, with module, token, PIN file and SOFTHSM2_CONF.
  ProgramResult Keystore(const std::vector<std::string>& arguments) const;

  // What psql prints for a statement: one line per row, columns separated by '|'.
  std::string Query(const std::string& sql) const;
  // How many certificates Pebble has signed, by its own log.
  int CertificatesSigned() const;

  // SIGKILL to the service of a stack that was started with --restart-service; returns when its
  // successor serves. False when it does not within a minute.
  bool KillService();

  // Ends the stack as Ctrl-C does. The exit code of certbrokerd dev; -1 when it had to be killed.
  int Stop();

  pid_t pid() const { return supervisor_.pid(); }

 private:
  std::vector<std::string> AgentArguments(std::size_t identity,
                                          const std::vector<std::string>& arguments) const;
  DevStack(std::filesystem::path directory, dev::ChildProcess supervisor)
      : directory_(std::move(directory)), supervisor_(std::move(supervisor)) {}

  std::filesystem::path directory_;
  dev::ChildProcess supervisor_;
};

// The program's stack, started by the first who asks, with defaults and --restart-service. Ends the
// program with a message when it does not start. Ended before main returns.
DevStack& SharedStack();

// One of the programs of this build: "certbrokerd".
std::filesystem::path BuiltProgram(const std::string& name);

// Pids of processes whose command line names that folder: what a stack leaves behind.
std::vector<pid_t> ProcessesOf(const std::filesystem::path& directory);

}  // namespace certbroker
