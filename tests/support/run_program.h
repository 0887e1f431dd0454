// tests/support/run_program.h: runs a program as its user would and keeps what it said.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "service/dev/child_process.h"
#include "tests/support/temp_dir.h"

namespace certbroker {

struct ProgramResult {
  int exit_code = -1;  // 128 + signal when it was killed; 137 also when it ran out of time
  std::string out;
  std::string err;
};

// How gtest prints it: everything, so that a failed EXPECT_EQ(result.exit_code, 0) explains itself
// with << result.
std::ostream& operator<<(std::ostream& out, const ProgramResult& result);

struct RunOptions {
  std::vector<std::pair<std::string, std::string>> environment;
  std::chrono::seconds limit{60};
};

// A program under way. It dies with this, and with the test, whatever happens. Not thread-safe;
// started from the main thread.
class RunningProgram {
 public:
  // A program that cannot be started has "ended" with exit code 127 and the reason in err.
  RunningProgram(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                 const RunOptions& options = {});

  pid_t pid() const { return child_ ? child_->pid() : -1; }
  // What it has said so far.
  std::string out() const;
  std::string err() const;
  bool Running() { return child_ && !child_->Poll(); }
  void Signal(int signal);
  // Blocks; kills it when the limit of the options has passed.
  ProgramResult Wait();

 private:
  TempDir dir_;
  std::chrono::seconds limit_;
  std::optional<dev::ChildProcess> child_;
  std::string failure_;
};

// Blocks. The program dies with the test, whatever happens. Of the test's own environment it gets
// what a development stack's programs get (service/dev/child_process.h). A program that cannot be
// started has exit code 127 and the reason in err.
ProgramResult RunProgram(const std::filesystem::path& program,
                         const std::vector<std::string>& arguments, const RunOptions& options = {});

}  // namespace certbroker
