// acme/solvers/program_run.h: one run of an operator's program, bounded in time and in what it may
// say.
//
// posix_spawn, never fork: this process has a PKCS#11 module loaded, whose fork handlers and
// threads are nobody's to run between fork and exec. The program gets no descriptor of ours but 0,
// 1 and 2, and no variable of our environment.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/result.h"

namespace certbroker::acme {

struct ProgramRun {
  std::vector<std::string> argv;  // argv[0] is an absolute path; never a shell's line
  std::vector<std::pair<std::string, std::string>> environment;  // all of it
  std::string input;                                             // on standard input
  std::size_t max_output_bytes = std::size_t{16} * 1024;         // more is read and thrown away
  // Between SIGTERM and SIGKILL, both to the program's process group.
  std::chrono::milliseconds grace = std::chrono::seconds{2};
};

struct ProgramEnd {
  int exit_code = 0;  // 128 + signal when it was killed
  bool timed_out = false;
  std::string output;  // standard output and error together, as it came
};

// Blocks until the program has ended, or is killed: SIGTERM comes `grace` before the deadline, so
// that it returns by then. Children that the program leaves behind are not waited for.
// kSolverProgramFailed when it cannot be run at all. Thread-safe.
Result<ProgramEnd> RunToEnd(const ProgramRun& run, const Clock& clock, SteadyTime deadline);

}  // namespace certbroker::acme
