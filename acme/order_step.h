// acme/order_step.h: what an order becomes, and when it goes on; and the few ways in which a step
// can end.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/backoff.h"
#include "core/error.h"
#include "core/jws.h"
#include "core/order.h"
#include "core/random.h"
#include "core/solver_plan.h"
#include "core/time.h"

namespace certbroker::acme {

struct MachineContext {
  Time now;
  const Jwk& account_key;  // its thumbprint goes into key authorizations
  Random& random;          // jitter
  const SolverPlan& solvers;
};

// What the order becomes, and when it goes on.
struct Step {
  Order order;
  // Nothing: at once, keeping the lease. Meaningless in a terminal state.
  std::optional<std::chrono::milliseconds> due_in;
  bool wakeable = true;  // false: the CA named the time
  std::string event;     // a line for the order's history; empty: none
  // The CA was asked and never got the CSR: carry out Finalize next, instead of what Next says.
  bool finalize_again = false;
};

// The CA is working and did not say when to ask again. Whatever can be an event (the validator's
// fetch) wakes the order earlier; this is for the rest.
inline constexpr BackoffLimits kValidationPolls{std::chrono::milliseconds{250},
                                                std::chrono::milliseconds{10'000}};
inline constexpr BackoffLimits kIssuancePolls{std::chrono::milliseconds{50},
                                              std::chrono::milliseconds{10'000}};
inline constexpr std::chrono::seconds kClockTolerance{300};  // between the CA's dates and our clock

// Into the state, with what belongs to the old one forgotten. Precondition: MayFollow.
void Enter(Order& order, OrderState state);

// ---- The ways in which a step can end.

// At once, with the same lease.
Step GoOn(Order order, std::string event = {});
// When a solver, the agent mostly, says something.
Step WaitForSolvers(Order order, std::string event = {});
// The CA is at work: when it says, else soon and then ever later.
Step WaitForCa(Order order, std::optional<std::chrono::milliseconds> retry_after,
               const BackoffLimits& polls, const MachineContext& context, std::string event = {});
// The account's key is being rolled over, or has been, which this step did not know.
Step WaitForAccountKey(Order order, std::chrono::milliseconds due_in, std::string event = {});
// When the trouble may be over: `error` is transient.
Step WaitOut(Order order, const Error& error, const MachineContext& context);
// Never again: the order has failed.
Step Fail(Order order, Error why);

// What an operator or time can mend without a new order. An HSM that refuses is mended by an
// operator while orders wait, up to the deadline of their state; every other reason says so itself.
bool IsTransient(const Error& error);

bool IsPending(const Authorization& authorization);
// Whether the agent is still to say that it serves something.
bool WaitsForAgent(const Order& order);
// "*.example.com" for the authorization of a wildcard.
std::string FullName(const Authorization& authorization);
// I13: what was put up for the CA comes down when the CA does not need it any more.
void TakeChallengesDown(Order& order);

template <class Predicate>
std::optional<std::size_t> FirstWhere(const Order& order, Predicate predicate) {
  const auto found = std::ranges::find_if(order.authorizations, predicate);
  if (found == order.authorizations.end()) return std::nullopt;
  return static_cast<std::size_t>(found - order.authorizations.begin());
}

}  // namespace certbroker::acme
