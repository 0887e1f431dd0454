// service/engine/order_runner.h: carries out what the order machine asks for, one leased order at a
// time per run.
//
// A run: effect = Next(order) → sign, write the intent, send → observation → order' = Apply(…) →
// commit; again, until the order is terminal or waits, which gives the lease back. A worker blocks
// for HSM and database round trips, never for a CA: while an exchange is under way the run is
// nothing but a callback. Whatever kills the process between any two of these, the row says what
// was intended, and the next holder asks before it acts.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "core/clock.h"
#include "core/executor.h"
#include "core/log.h"
#include "core/ports/order_queue.h"
#include "core/random.h"
#include "core/solver_plan.h"
#include "service/engine/account_book.h"
#include "service/engine/caa_check.h"
#include "service/engine/leaser.h"
#include "service/policy/current_policy.h"

namespace certbroker::engine {

class OrderRun;

struct RunnerDeps {
  AccountBook& accounts;
  Executor& workers;
  Clock& clock;
  Random& random;
  Log& log;
};

struct LeaseOptions {
  std::string owner;  // this replica
  std::chrono::milliseconds lease{
      30'000};  // longer than the slowest step, or work is begun twice (harmless, but waste)
  int max_in_flight = 500;
};

// Thread-safe. Must outlive its runs: Idle() says when there are none.
class OrderRunner final : public WorkSource {
 public:
  OrderRunner(RunnerDeps deps, OrderQueue& queue, const policy::CurrentPolicy& policy,
              const SolverPlan& solvers, CaaCheck& caa, LeaseOptions options);

  Result<std::optional<std::chrono::milliseconds>> LeaseDue() override;

  // Called (on any thread) when a run ends and something may be due: after the time given.
  void OnDue(std::function<void(std::chrono::milliseconds)> notify) {
    notify_due_ = std::move(notify);
  }
  bool Idle() const { return in_flight_ == 0; }
  // Runs give their lease back at the next step, due at once, instead of going on.
  void EndRunsSoon() { ending_ = true; }

 private:
  friend class OrderRun;
  void Ended(std::optional<std::chrono::milliseconds> due_in);

  const RunnerDeps deps_;
  OrderQueue& queue_;
  const policy::CurrentPolicy& policy_;
  const SolverPlan& solvers_;
  CaaCheck& caa_;
  const LeaseOptions options_;
  std::function<void(std::chrono::milliseconds)> notify_due_;
  std::atomic<int> in_flight_{0};
  std::atomic<bool> ending_{false};
};

}  // namespace certbroker::engine
