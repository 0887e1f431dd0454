// acme/solvers/program_solver.h: dns-01 by a program of the operator's.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "acme/solvers/program_style.h"
#include "acme/solvers/propagation.h"
#include "core/clock.h"
#include "core/ports/dns_solver.h"
#include "core/random.h"

namespace certbroker::acme {

// Named as in the configuration file's [[solvers]] with type = "program".
struct ProgramOptions {
  ProgramStyle style = ProgramStyle::kJson;
  // Required. The program's absolute path and its own first arguments; no shell comes between.
  std::vector<std::string> argv;
  // Besides PATH the only variables that the program gets; may set PATH too.
  std::map<std::string, std::string> environment;
  std::chrono::milliseconds timeout = std::chrono::seconds{60};  // of one run
  PropagationOptions look_up;
};

// See DnsSolver. The program must be as idempotent as the port; exit code 0 is success, everything
// else kSolverProgramFailed with the end of what it said. It is run without a look at the DNS;
// CheckPropagation asks the authoritative servers and not the program.
class ProgramSolver final : public DnsSolver {
 public:
  // kConfigInvalid: no program, or not by its absolute path; a variable's name that is none.
  // `clock` and `random` outlive the solver.
  static Result<std::unique_ptr<ProgramSolver>> Create(ProgramOptions options, const Clock& clock,
                                                       Random& random);

  Result<void> Present(const DnsChallenge& challenge, SteadyTime deadline) override;
  Result<void> CleanUp(const DnsChallenge& challenge, SteadyTime deadline) override;
  Result<Propagation> CheckPropagation(const DnsChallenge& challenge, SteadyTime deadline) override;

 private:
  ProgramSolver(ProgramOptions options, const Clock& clock, Random& random);
  Result<void> Run(ProgramAction action, const DnsChallenge& challenge, SteadyTime deadline);

  const ProgramOptions options_;
  DnsExchange exchange_;
  Resolver resolver_;
  ZoneWalk walk_;
  PropagationChecker checker_;
};

}  // namespace certbroker::acme
