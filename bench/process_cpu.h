// bench/process_cpu.h: how much processor time a program has used, by the kernel's account.
#pragma once

#include <sys/types.h>

#include <string_view>

#include "core/result.h"

namespace certbroker::bench {

// One line of /proc/PID/stat, as far as it is used here (proc(5)).
struct ProcessStat {
  pid_t parent = 0;
  double own_seconds = 0;             // utime + stime
  double ended_children_seconds = 0;  // cutime + cstime: children that were waited for
};

// `ticks_per_second`: sysconf(_SC_CLK_TCK). kInternal for another form of line.
Result<ProcessStat> ParseProcessStat(std::string_view line, long ticks_per_second);

// User and system time of the process, of its children that live, and of those that have ended: so
// that a Postgres whose backends come and go is counted as a whole. kNotFound: no such process.
Result<double> CpuSeconds(pid_t pid);

}  // namespace certbroker::bench
