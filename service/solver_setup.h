// service/solver_setup.h: the configured solvers, and what else asks name servers, made.
#pragma once

#include <memory>
#include <vector>

#include "core/clock.h"
#include "core/ports/caa_source.h"
#include "core/ports/dns_solver.h"
#include "core/random.h"
#include "core/result.h"
#include "core/solver_plan.h"
#include "service/config/config.h"
#include "service/engine/challenge_runner.h"

namespace certbroker {

// Which challenges the service could have solved, from the configuration alone.
SolverPlan PlanOf(const config::Config& config);

struct Solvers {
  std::vector<std::unique_ptr<DnsSolver>> owned;
  engine::SolverBook book;  // refers to `owned`
  std::unique_ptr<CaaSource> caa;
};
// Reads secret files. kConfigInvalid with the solver's name. `clock` and `random` outlive it.
Result<Solvers> MakeSolvers(const config::Config& config, const Clock& clock, Random& random);

}  // namespace certbroker
