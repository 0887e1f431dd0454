// core/order_state.h: the states of an order: one table, of which the SQL CHECK and
// docs/order-lifecycle.md are views.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string_view>

namespace certbroker {

enum class OrderState {
  kQueued,
  kPlaced,
  kPresenting,
  kPropagating,
  kValidating,
  kReady,
  kFinalizing,
  kDownloading,
  kIssued,
  kFailed,
  kCancelled,
};

struct OrderStateTraits {
  OrderState state;
  std::string_view name;  // as in SQL, proto and on screen
  bool terminal;          // never left
  // While nothing irrevocable is under way: from finalize on, a certificate may exist and must be
  // fetched.
  bool cancellable;
  // An order longer than this in the state fails: no state without a deadline (I12). Zero for
  // terminal states.
  std::chrono::seconds deadline;
  std::string_view meaning;  // one sentence, for people
};

// In the order of the enum.
std::span<const OrderStateTraits> AllOrderStates();
const OrderStateTraits& TraitsOf(OrderState state);
std::optional<OrderState> OrderStateFromName(std::string_view name);
inline std::string_view ToString(OrderState state) { return TraitsOf(state).name; }
inline bool IsTerminal(OrderState state) { return TraitsOf(state).terminal; }

// Whether the machine may go from one state to the other in one step. Staying is always allowed,
// leaving a terminal state never; kFailed and kCancelled can be reached from everywhere else
// (kCancelled only from cancellable states). Back to kQueued, for another attempt, only from
// cancellable states: no CSR has been sent.
bool MayFollow(OrderState from, OrderState to);

// Why an order that is not terminal does not move now; shown with the time until when.
enum class HeldBy {
  kNothing,
  kCaLimit,        // the CA said when to come back: rate limit or Retry-After
  kCaUnavailable,  // no answer, or a server error: backing off
  kCaPolling,      // the CA is working; asked again later
  kAgent,          // the agent has not yet said that it serves the challenge
  kSolver,         // a solver has not yet said that the challenge can be seen
  kHsm,            // no signature to be had at the moment
  kSameNames,      // another order of this account for the same names is in flight
  kAccount,  // the account cannot be used: its key is being rolled over, or an operator must look
};
std::string_view ToString(HeldBy held);
std::optional<HeldBy> HeldByFromName(std::string_view name);

}  // namespace certbroker
