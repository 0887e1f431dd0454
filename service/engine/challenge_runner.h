// service/engine/challenge_runner.h: has the service's own solvers put challenges up, watches them
// spread, and has them taken down again.
//
// What is wanted and what is up stands in the database, not here: whoever dies in between leaves a
// row that the next holder acts upon, and both acts may be repeated freely. A row is done only when
// its solver has said so (I13).
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/clock.h"
#include "core/executor.h"
#include "core/log.h"
#include "core/ports/challenge_queue.h"
#include "core/ports/dns_solver.h"
#include "core/random.h"
#include "service/engine/account_book.h"
#include "service/engine/leaser.h"
#include "service/engine/order_runner.h"

namespace certbroker::engine {

struct ConfiguredSolver {
  DnsSolver& solver;
  SolverOptions options;
  std::chrono::milliseconds limit = std::chrono::seconds{30};  // of one act, whatever it waits for
};
using SolverBook = std::map<std::string, ConfiguredSolver, std::less<>>;

// Thread-safe. Must outlive its runs: Idle() says when there are none.
class ChallengeRunner final : public WorkSource {
 public:
  struct Deps {
    AccountBook& accounts;
    ChallengeQueue& queue;
    const SolverBook& solvers;
    Executor& threads;  // kept for solvers: they block for name servers and programs
    Clock& clock;
    Random& random;
    Log& log;
  };
  ChallengeRunner(Deps deps, LeaseOptions options);

  Result<std::optional<std::chrono::milliseconds>> LeaseDue() override;
  void OnDue(std::function<void(std::chrono::milliseconds)> notify) {
    notify_due_ = std::move(notify);
  }
  bool Idle() const { return in_flight_ == 0; }

 private:
  void Run(const LeasedChallenge& leased);
  void GiveUp();
  ChallengeCommit Act(const LeasedChallenge& leased);
  ChallengeCommit PutUp(const LeasedChallenge& leased, const ConfiguredSolver& configured);
  ChallengeCommit Look(const LeasedChallenge& leased, const ConfiguredSolver& configured);
  ChallengeCommit TakeDown(const LeasedChallenge& leased, const ConfiguredSolver& configured);
  Result<DnsChallenge> ChallengeOf(const LeasedChallenge& leased);
  ChallengeCommit TryAgain(const LeasedChallenge& leased, const Error& error);
  Result<void> RequireOurs(const LeasedChallenge& leased);
  // Longer than the longest run, so that no other replica begins what is still being done.
  std::chrono::milliseconds Lease() const;
  void LogOutcome(const LeasedChallenge& leased, const ChallengeCommit& commit) const;

  const Deps deps_;
  const LeaseOptions options_;
  std::function<void(std::chrono::milliseconds)> notify_due_;
  std::atomic<int> in_flight_{0};
};

}  // namespace certbroker::engine
