#include "acme/order_step.h"

#include <utility>

#include <fmt/format.h>

#include "core/check.h"

namespace certbroker::acme {
namespace {

using std::chrono::milliseconds;

// A failed exchange: a CA that is down wants peace, one that hiccuped wants it soon.
constexpr BackoffLimits kFailureBackoff{milliseconds{500}, milliseconds{300'000}};
// A limit without a time to come back (Let's Encrypt's paused names, tL1): asking does not lift it.
constexpr BackoffLimits kLimitBackoff{std::chrono::minutes{1}, std::chrono::hours{1}};
// tH1: those whom a CA sends away together do not come back together.
constexpr milliseconds kMaxSpread{30'000};
// Solvers are to say that they serve; nothing is polled meanwhile, this only bounds the wait for a
// lost hint.
constexpr milliseconds kPresentationCheck{30'000};

HeldBy HolderFor(const Error& error) {
  const Reason reason = error.reason();
  if (reason == Reason::kCaRateLimited) return HeldBy::kCaLimit;
  if (reason == Reason::kAccountNotReady) return HeldBy::kAccount;
  if (reason == Reason::kDatabaseUnavailable) return HeldBy::kNothing;
  if (reason == Reason::kHsmUnavailable || reason == Reason::kHsmPinRefused ||
      reason == Reason::kHsmKeyMissing || reason == Reason::kHsmKeyRefused) {
    return HeldBy::kHsm;
  }
  return HeldBy::kCaUnavailable;
}

}  // namespace

bool IsPending(const Authorization& authorization) {
  return authorization.status == AuthorizationStatus::kPending ||
         authorization.status == AuthorizationStatus::kUnknown;
}

bool WaitsForAgent(const Order& order) {
  return std::ranges::any_of(order.authorizations, [](const Authorization& a) {
    return IsPending(a) && a.presentation != Presentation::kServing && a.solver == kAgentSolver;
  });
}

std::string FullName(const Authorization& authorization) {
  return (authorization.wildcard ? "*." : "") +
         (authorization.name ? authorization.name->ToString() : std::string());
}

void TakeChallengesDown(Order& order) {
  for (Authorization& authorization : order.authorizations) {
    if (authorization.presentation != Presentation::kNone &&
        authorization.presentation != Presentation::kRemoved) {
      authorization.presentation = Presentation::kUnwanted;
    }
  }
}

void Enter(Order& order, OrderState state) {
  CERTBROKER_CHECK(MayFollow(order.state, state));
  order.state = state;
  order.held_by = HeldBy::kNothing;
  order.polls = 0;
  order.failures = 0;
  if (state != OrderState::kFailed) order.failure.reset();
}

Step GoOn(Order order, std::string event) {
  order.held_by = HeldBy::kNothing;
  return {.order = std::move(order),
          .due_in = std::nullopt,
          .wakeable = true,
          .event = std::move(event)};
}

Step WaitForSolvers(Order order, std::string event) {
  order.held_by = WaitsForAgent(order) ? HeldBy::kAgent : HeldBy::kSolver;
  return {.order = std::move(order),
          .due_in = kPresentationCheck,
          .wakeable = true,
          .event = std::move(event)};
}

Step WaitForCa(Order order, std::optional<milliseconds> retry_after, const BackoffLimits& polls,
               const MachineContext& context, std::string event) {
  order.held_by = HeldBy::kCaPolling;
  const milliseconds wait =
      retry_after ? *retry_after : Backoff(order.polls, polls, context.random);
  ++order.polls;
  // RFC 8555 §7.5.1, §6.6: a Retry-After is obeyed, whatever happens meanwhile.
  return {.order = std::move(order),
          .due_in = wait,
          .wakeable = !retry_after,
          .event = std::move(event)};
}

Step WaitForAccountKey(Order order, milliseconds due_in, std::string event) {
  // One line in the history, not one per look.
  if (order.held_by == HeldBy::kAccount) event.clear();
  order.held_by = HeldBy::kAccount;
  return {.order = std::move(order), .due_in = due_in, .wakeable = true, .event = std::move(event)};
}

bool IsTransient(const Error& error) {
  return error.retry() != Retry::kNever || HolderFor(error) == HeldBy::kHsm;
}

Step WaitOut(Order order, const Error& error, const MachineContext& context) {
  order.held_by = HolderFor(error);
  const bool limit = error.reason() == Reason::kCaRateLimited && !error.retry_after();
  milliseconds wait =
      Backoff(order.failures, limit ? kLimitBackoff : kFailureBackoff, context.random);
  bool wakeable = true;
  if (error.retry_after()) {
    const milliseconds asked = *error.retry_after();
    const auto spread = static_cast<std::uint64_t>(std::min(asked / 10, kMaxSpread).count());
    wait = std::max<milliseconds>(
        wait, asked + milliseconds{static_cast<std::int64_t>(context.random.Below(spread + 1))});
    wakeable = false;
  }
  ++order.failures;
  std::string event = fmt::format("held: {}", error.detail());
  // One line in the history per kind of trouble, not one per try.
  if (order.failure && order.failure->reason() == error.reason()) event.clear();
  order.failure = error;
  return {
      .order = std::move(order), .due_in = wait, .wakeable = wakeable, .event = std::move(event)};
}

Step Fail(Order order, Error why) {
  TakeChallengesDown(order);
  Enter(order, OrderState::kFailed);
  std::string event = why.ToString();
  order.failure = std::move(why);
  return {.order = std::move(order),
          .due_in = std::nullopt,
          .wakeable = true,
          .event = std::move(event)};
}

}  // namespace certbroker::acme
