// keystore/hsm_workers.h: the threads that call into the PKCS#11 module, so that nobody else does.
//
// A call into a module cannot be cancelled. The caller waits here, until its deadline; a call that
// is stuck costs one of these threads and not the caller.
#pragma once

#include <future>
#include <memory>
#include <utility>

#include "core/clock.h"
#include "core/executor.h"
#include "core/result.h"

namespace certbroker::keystore {

// Thread-safe. Deadlines are points of the system's steady clock.
class HsmWorkers {
 public:
  HsmWorkers(std::size_t threads, Clock& clock)
      : clock_(clock), executor_({.name = "hsm", .threads = threads, .queue_limit = kQueueLimit}) {}

  // Runs `work`, a callable that returns Result<T>, on one of the threads and returns what it
  // returns. kHsmUnavailable at `deadline` or when too many wait already; `work` then may still run
  // to its end, so it must own everything that it uses.
  template <class T, class F>
  Result<T> Call(SteadyTime deadline, F work) {
    if (clock_.Tick() >= deadline) return Late();
    std::promise<Result<T>> promise;
    std::future<Result<T>> future = promise.get_future();
    const bool posted = executor_.TryPost(
        [this, deadline, work = std::move(work), promise = std::move(promise)]() mutable {
          // Whoever asked has gone: do not spend the token's time on it.
          promise.set_value(clock_.Tick() >= deadline ? Result<T>(Late()) : work());
        });
    if (!posted) {
      return Error(Reason::kHsmUnavailable, "too many callers wait for the token; try again later");
    }
    if (future.wait_until(deadline) != std::future_status::ready) return Late();
    return future.get();
  }

  // Runs what is queued and joins. A call that is stuck in the module holds it up.
  void Stop() { executor_.Stop(); }

 private:
  static constexpr std::size_t kQueueLimit = 1024;
  static Error Late() {
    return {Reason::kHsmUnavailable,
            "the token did not answer before the deadline; try again later"};
  }

  Clock& clock_;
  Executor executor_;
};

}  // namespace certbroker::keystore
