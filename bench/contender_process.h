// bench/contender_process.h: a contender in a process of its own, so that contenders do not share a
// login, sessions or a module's state, and can still take turns in one run.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>

#include "bench/contender.h"

namespace certbroker::bench {

class ContenderProcess {
 public:
  // Forks; the calling process must never have loaded a PKCS#11 module. kHsmUnavailable: it did not
  // come up; it has said why on standard error.
  static Result<std::unique_ptr<ContenderProcess>> Start(MakeContender make,
                                                         const SignTarget& target);
  ~ContenderProcess();
  ContenderProcess(const ContenderProcess&) = delete;
  ContenderProcess& operator=(const ContenderProcess&) = delete;

  // Signatures per second of so many threads over about `time`. kHsmUnavailable: one failed.
  Result<double> Measure(int threads, std::chrono::milliseconds time);

 private:
  ContenderProcess(pid_t pid, int orders, int answers)
      : pid_(pid), orders_(orders), answers_(answers) {}

  const pid_t pid_;
  const int orders_;
  const int answers_;
};

}  // namespace certbroker::bench
