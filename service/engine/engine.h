// service/engine/engine.h: the engine as a whole: the leaser, and the kinds of work it finds.
#pragma once

#include <chrono>
#include <vector>

#include "core/ports/abandoned_authorizations.h"
#include "core/ports/account_keys.h"
#include "core/ports/account_store.h"
#include "core/ports/change_feed.h"
#include "core/ports/order_queue.h"
#include "core/ports/renewal_queue.h"
#include "core/ports/revocation_queue.h"
#include "service/engine/abandonment_runner.h"
#include "service/engine/account_book.h"
#include "service/engine/account_key_age.h"
#include "service/engine/account_registrar.h"
#include "service/engine/caa_check.h"
#include "service/engine/challenge_runner.h"
#include "service/engine/leaser.h"
#include "service/engine/order_runner.h"
#include "service/engine/renewal_runner.h"
#include "service/engine/revocation_runner.h"

namespace certbroker::engine {

class Engine {
 public:
  struct Deps {
    const std::vector<Issuer>& issuers;
    OrderQueue& orders;
    RevocationQueue& revocations;
    RenewalQueue& renewals;
    AbandonedAuthorizations& abandoned;
    ChallengeQueue& challenges;
    AccountStore& accounts;
    AccountKeys& keys;
    ChangeFeed& feed;
    const policy::CurrentPolicy& policy;
    const SolverPlan& solver_plan;
    const SolverBook& solvers;
    CaaSource& caa;
    CaaMode caa_mode;
    Executor& workers;
    Executor& solver_threads;
    Executor& caa_threads;
    Clock& clock;
    Random& random;
    Log& log;
  };

  Engine(Deps deps, const LeaseOptions& options);
  void Start();
  // Leases nothing more, lets what is under way come to its next step for at most `grace`, and
  // gives the leases back, so that another replica (or the next start) goes on at once. True when
  // nothing is under way any more: then, and only then, may the workers and HTTP clients be
  // destroyed. False: end the process; the next holder asks the CA where things stand. Idempotent.
  [[nodiscard]] bool Stop(std::chrono::milliseconds grace);

 private:
  bool Idle() const {
    return orders_.Idle() && revocations_.Idle() && renewals_.Idle() && registrar_.Idle() &&
           challenges_.Idle() && abandoned_.Idle() && key_age_.Idle();
  }

  const Deps deps_;
  const LeaseOptions options_;
  AccountBook book_;
  CaaCheck caa_check_;
  OrderRunner orders_;
  RevocationRunner revocations_;
  RenewalRunner renewals_;
  AbandonmentRunner abandoned_;
  AccountRegistrar registrar_;
  AccountKeyAge key_age_;
  ChallengeRunner challenges_;
  Leaser leaser_;
};

}  // namespace certbroker::engine
