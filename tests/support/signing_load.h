// tests/support/signing_load.h: threads that sign without pause and check every signature, while a
// test makes things go wrong.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "core/mutex.h"
#include "core/ports/signer.h"

namespace certbroker {

// Thread-safe. The signers outlive it.
class SigningLoad {
 public:
  struct Report {
    long good = 0;
    long wrong = 0;                       // signatures that do not verify: never
    std::map<std::string, long> errors;   // by reason
    std::chrono::milliseconds longest{};  // that one call took
    // How much longer than asked the machine let a thread sleep meanwhile: what a busy machine adds
    // to any deadline.
    std::chrono::milliseconds stall{};
  };

  SigningLoad(std::vector<Signer*> signers, int threads, std::chrono::milliseconds deadline);
  ~SigningLoad() { Stop(); }
  SigningLoad(const SigningLoad&) = delete;
  SigningLoad& operator=(const SigningLoad&) = delete;

  // Whether a call that begins from now on succeeds within `limit` (and what the machine stalls).
  bool SignsAgain(std::chrono::milliseconds limit) EXCLUDES(mutex_);
  // Waits for so many more calls, good or bad.
  void AwaitCalls(long calls) EXCLUDES(mutex_);
  // Ends and joins the threads. Idempotent.
  Report Stop() EXCLUDES(mutex_);

 private:
  void Run(const std::stop_token& stop, std::size_t index) EXCLUDES(mutex_);
  void Record(Signer& signer, const Result<std::string>& body, SteadyTime begun) EXCLUDES(mutex_);
  void MeasureStall(const std::stop_token& stop) EXCLUDES(mutex_);

  const std::vector<Signer*> signers_;
  const std::chrono::milliseconds deadline_;
  SystemClock clock_;
  Mutex mutex_;
  Report report_ GUARDED_BY(mutex_);
  long calls_ GUARDED_BY(mutex_) = 0;
  SteadyTime last_good_begun_ GUARDED_BY(mutex_);
  std::vector<std::jthread> threads_;
};

}  // namespace certbroker
