// core/solver_plan.h: which challenges could prove a name, and by whom, best first.
#pragma once

#include <string>
#include <vector>

#include "core/challenge.h"
#include "core/identifier.h"

namespace certbroker {

// Where a solver of the service's own may be used.
struct SolverScope {
  std::string name;
  ChallengeType type = ChallengeType::kDns01;
  std::vector<Identifier> zones;  // names at and below them; empty: every name
  bool at_once = false;           // as in ChallengeOption
};

// Immutable value; any thread.
class SolverPlan {
 public:
  // Without configuration: whatever the agent can do, http-01 first.
  SolverPlan();
  // `preference`: types that are not in it are not used.
  SolverPlan(std::vector<ChallengeType> preference, std::vector<SolverScope> solvers);

  // `by_agent`: what the agent says it can serve itself. In order of preference; of one type, the
  // agent first (it is on the host), then the solver with the most special zone.
  std::vector<ChallengeOption> OptionsFor(const Identifier& base, bool wildcard,
                                          const std::vector<ChallengeType>& by_agent) const;

  const std::vector<ChallengeType>& preference() const { return preference_; }

 private:
  std::vector<ChallengeType> preference_;
  std::vector<SolverScope> solvers_;
};

}  // namespace certbroker
