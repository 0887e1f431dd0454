// service/engine/caa_check.h: whether the CAA records of an order's names let the CA issue, asked
// before the CA is (RFC 8659, RFC 8657).
//
// The CA decides; this only saves an order that must fail, says which record is in the way, and
// lets an order with fallbacks move on at once.
#pragma once

#include <string>

#include "acme/directory.h"
#include "core/clock.h"
#include "core/executor.h"
#include "core/order.h"
#include "core/ports/caa_source.h"
#include "core/result.h"
#include "core/solver_plan.h"
#include "core/unique_function.h"

namespace certbroker::engine {

// Thread-safe. What is given to the constructor outlives it and its questions.
class CaaCheck {
 public:
  struct Deps {
    CaaSource& source;
    const SolverPlan& solvers;
    Executor& threads;  // block for name servers
    Executor& workers;
    Clock& clock;
  };
  CaaCheck(Deps deps, CaaMode mode) : deps_(deps), mode_(mode) {}

  // `done` exactly once: at once when there is nothing to ask, else on a worker. What is worth a
  // line in the history, mostly nothing; kCaCaaForbids with a violation per name, with kRequire
  // only. A name whose records cannot be looked up is left to the CA. `order` outlives the
  // question.
  void Ask(const Order& order, const acme::Directory& directory, const HttpsUrl& account_url,
           UniqueFunction<void(Result<std::string>)> done);

 private:
  Result<std::string> Decide(const Order& order, const std::vector<std::string>& ca_names,
                             const HttpsUrl& account_url, SteadyTime deadline) const;
  std::string Obstacle(const Order& order, const Identifier& name, const CaaRecordSet& set,
                       const std::vector<std::string>& ca_names, const HttpsUrl& account_url) const;

  const Deps deps_;
  const CaaMode mode_;
};

}  // namespace certbroker::engine
