// agent/solver_set.h: the solvers of one run as one: each challenge goes to that of its type.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "agent/challenge.h"

namespace certbroker::agent {

// Thread-safe, but for Add. Without any solver it says so when it is asked to serve: a CA may still
// remember that the names are proven, and then none is needed.
class SolverSet final : public ChallengeSolver {
 public:
  // At most one for each type, all of them before the first challenge.
  void Add(ChallengeType type, std::unique_ptr<ChallengeSolver> solver);

  // kChallengeNotServed: nothing here answers this type; the text names the options that would.
  // Others: as the solver says.
  Result<void> Present(const Challenge& challenge) override;
  Result<void> Remove(const std::string& token) override;
  std::size_t presented() const override;

 private:
  std::map<ChallengeType, std::unique_ptr<ChallengeSolver>> solvers_;
};

}  // namespace certbroker::agent
