#include "service/engine/engine.h"

#include <thread>

namespace certbroker::engine {

Engine::Engine(Deps deps, const LeaseOptions& options)
    : deps_(deps),
      options_(options),
      book_(deps.issuers, deps.accounts, deps.keys),
      caa_check_({deps.caa, deps.solver_plan, deps.caa_threads, deps.workers, deps.clock},
                 deps.caa_mode),
      orders_({book_, deps.workers, deps.clock, deps.random, deps.log}, deps.orders, deps.policy,
              deps.solver_plan, caa_check_, options),
      revocations_({book_, deps.workers, deps.clock, deps.random, deps.log}, deps.revocations,
                   options),
      renewals_({book_, deps.workers, deps.clock, deps.random, deps.log}, deps.renewals, options),
      abandoned_({book_, deps.workers, deps.clock, deps.random, deps.log}, deps.abandoned, options),
      registrar_({book_, deps.workers, deps.clock, deps.random, deps.log}, deps.accounts, deps.keys,
                 options),
      key_age_({book_, deps.workers, deps.clock, deps.random, deps.log}, deps.issuers,
               deps.accounts, deps.keys),
      challenges_({book_, deps.challenges, deps.solvers, deps.solver_threads, deps.clock,
                   deps.random, deps.log},
                  options),
      leaser_({deps.feed, deps.clock, deps.log},
              {&orders_, &challenges_, &revocations_, &registrar_, &renewals_, &abandoned_,
               &key_age_}) {
  book_.Follow(deps.feed);
  const auto due = [this](std::chrono::milliseconds in) { leaser_.Due(in); };
  orders_.OnDue(due);
  revocations_.OnDue(due);
  renewals_.OnDue(due);
  abandoned_.OnDue(due);
  registrar_.OnDue(due);
  challenges_.OnDue(due);
}

void Engine::Start() { leaser_.Start(); }

bool Engine::Stop(std::chrono::milliseconds grace) {
  leaser_.Stop();
  orders_.EndRunsSoon();
  const auto until = deps_.clock.Tick() + grace;
  while (!Idle() && deps_.clock.Tick() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  if (auto released = deps_.orders.Release(options_.owner); !released) {
    deps_.log.Warning("release_failed", {{"error", released.error().ToString()}});
  }
  return Idle();
}

}  // namespace certbroker::engine
