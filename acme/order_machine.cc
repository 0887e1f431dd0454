#include "acme/order_machine.h"

#include <utility>

#include <fmt/format.h>

#include "acme/another_attempt.h"
#include "acme/authorization_answers.h"
#include "acme/order_answers.h"
#include "core/check.h"

namespace certbroker::acme {
namespace {

using std::chrono::milliseconds;

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

// ---- What an error means, by what was tried.

// A refused newOrder may do better with less: without naming the certificate that it replaces
// (RFC 9773 §5 is no right to be refused), without a profile that was only preferred.
std::optional<Step> WithLess(Order order, const Error& error) {
  if (error.reason() == Reason::kCaProfileRefused && !order.profile_required &&
      !order.profile.empty()) {
    std::string event = fmt::format("the CA has no profile {}; going on with its default",
                                    std::exchange(order.profile, {}));
    return GoOn(std::move(order), std::move(event));
  }
  if (order.replaces.empty()) return std::nullopt;
  // CAs refuse a `replaces` in many ways (409 alreadyReplaced, conflict or malformed, 401, 404,
  // free text), and some with an internal error (tR5).
  constexpr int kInternalErrors = 2;
  const Reason reason = error.reason();
  const bool refused = reason == Reason::kCaRejected || reason == Reason::kCaAccountUnusable ||
                       reason == Reason::kCaOrderInvalid || reason == Reason::kInvalidArgument ||
                       reason == Reason::kCaAlreadyRevoked || reason == Reason::kCaBadAnswer;
  const bool stuck = reason == Reason::kCaUnavailable && order.failures >= kInternalErrors;
  if (!refused && !stuck) return std::nullopt;
  order.replaces.clear();
  return GoOn(std::move(order), fmt::format("newOrder as a replacement was refused ({}); once more "
                                            "without naming the certificate it replaces",
                                            error.detail()));
}

// tS6: what one server of a CA has made, its others may not know for some seconds (Let's Encrypt
// says 404, or that it does not know the account). A certificate that exists is not given up for an
// hour's trouble.
bool MayNotBeKnownYet(const Order& order, const Effect& effect, const Error& error,
                      const MachineContext& context) {
  constexpr std::chrono::seconds kReplicaLag{10};
  constexpr std::chrono::hours kCertificateLag{1};
  const bool download = std::holds_alternative<FetchCertificate>(effect);
  const bool reads = download || std::holds_alternative<FetchOrder>(effect) ||
                     std::holds_alternative<FetchAuthorization>(effect);
  const bool not_there =
      error.reason() == Reason::kCaRejected || error.reason() == Reason::kCaAccountUnusable;
  const auto since = context.now - order.state_time;
  return reads && not_there && (download ? since < kCertificateLag : since < kReplicaLag);
}

Step ApplyError(Order order, const Effect& effect, const Error& error,
                const MachineContext& context) {
  if (std::holds_alternative<Finalize>(effect) &&
      (error.retry() == Retry::kReadBackFirst || error.reason() == Reason::kCaOrderNotReady)) {
    // RFC 8555 §7.4: orderNotReady, like a lost answer, is a question: where does the order stand?
    // Next asks. Counted as polls, which only another state resets: a CA that goes on like this is
    // asked ever more rarely.
    // One line in the history per kind of trouble; and no sooner than the back-off, whatever a CA
    // says: each round is kept.
    std::string event = fmt::format("finalize: {}", error.detail());
    if (order.failure && order.failure->reason() == error.reason()) event.clear();
    order.failure = error;
    std::optional<milliseconds> retry_after = error.retry_after();
    if (retry_after)
      retry_after = std::max(*retry_after, Backoff(order.polls, kIssuancePolls, context.random));
    return WaitForCa(std::move(order), retry_after, kIssuancePolls, context, std::move(event));
  }
  if (std::holds_alternative<PlaceOrder>(effect)) {
    if (auto step = WithLess(order, error)) return *std::move(step);
  }
  if (std::holds_alternative<AskToValidate>(effect) && error.reason() == Reason::kCaRejected) {
    // tS4: a challenge that was started before (by a holder that died) is refused the second time;
    // the authorization tells.
    return ApplyChallengeAccepted(std::move(order), std::get<AskToValidate>(effect).index, context);
  }
  if (!IsTransient(error) && !MayNotBeKnownYet(order, effect, error, context))
    return Fail(std::move(order), error);
  return WaitOut(std::move(order), error, context);
}

// ---- What time alone decides.

Error TooLate(const Order& order) {
  const std::string age = fmt::format("the order has been {} for too long", ToString(order.state));
  if (order.state == OrderState::kPresenting && WaitsForAgent(order)) {
    return Error(Reason::kChallengeAgentOffline,
                 fmt::format("{}: no session of the agent has said that it serves the challenges; "
                             "is certbroker-agent running "
                             "on the host, and does it serve these names?",
                             age));
  }
  if (order.failure)
    return Error(order.failure->reason(), fmt::format("{}: {}", age, order.failure->detail()));
  return Error(Reason::kCaUnavailable, fmt::format("{}: the CA has not come to an end", age));
}

std::optional<Error> DeadlinePassed(const Order& order, const MachineContext& context) {
  if (context.now - order.state_time > TraitsOf(order.state).deadline) return TooLate(order);
  // RFC 8555 §7.1.3: an expired order cannot be finalized. One that may have been is asked for,
  // whatever the time.
  if (TraitsOf(order.state).cancellable && order.expires &&
      context.now > *order.expires + kClockTolerance) {
    return Error(
        Reason::kCaOrderExpired,
        fmt::format("the CA's order expired at {} before every name was proven; place a new order",
                    FormatRfc3339(*order.expires)));
  }
  // RFC 8555 §7.1.4: nor can an authorization be proven any more.
  const auto expired = FirstWhere(order, [&](const Authorization& a) {
    return IsPending(a) && a.expires && context.now > *a.expires + kClockTolerance;
  });
  if (expired && TraitsOf(order.state).cancellable) {
    const Authorization& authorization = order.authorizations[*expired];
    return Error(Reason::kCaOrderExpired,
                 fmt::format("the CA waited for the proof of {} until {}; place a new order",
                             FullName(authorization), FormatRfc3339(*authorization.expires)));
  }
  return std::nullopt;
}

Error NotServed(const Authorization& authorization) {
  const std::string name = FullName(authorization);
  const std::string why = Printable(authorization.presentation_error);
  const bool agent = authorization.solver == kAgentSolver;
  return Error(agent ? Reason::kChallengeNotServed : Reason::kSolverFailed,
               fmt::format("{} cannot serve the {} challenge for {}: {}",
                           agent ? "the agent" : "solver " + authorization.solver,
                           ToString(authorization.challenge_type), name, why))
      .With({name, agent ? Reason::kChallengeNotServed : Reason::kSolverFailed, why});
}

// kPresenting until everything is published, kPropagating until everybody sees it.
Effect NextPresenting(const Order& order, const MachineContext& context) {
  if (const auto failed = FirstWhere(
          order, [](const Authorization& a) { return a.presentation == Presentation::kFailed; })) {
    return Decide{
        TryAnotherChallenge(order, *failed, NotServed(order.authorizations[*failed]), context)};
  }
  const auto waits_in = [&order](auto... presentations) {
    return FirstWhere(order,
                      [&](const Authorization& a) {
                        return IsPending(a) && ((a.presentation == presentations) || ...);
                      })
        .has_value();
  };
  if (waits_in(Presentation::kNone, Presentation::kWanted)) return Decide{WaitForSolvers(order)};
  if (waits_in(Presentation::kSpreading)) {
    if (order.state == OrderState::kPropagating) return Decide{WaitForSolvers(order)};
    Order spreading = order;
    Enter(spreading, OrderState::kPropagating);
    return Decide{WaitForSolvers(std::move(spreading), "published; waiting for it to spread")};
  }
  return AskToValidate{*FirstWhere(order, IsPending)};
}

Effect NextValidating(const Order& order) {
  if (const auto index =
          FirstWhere(order, [](const Authorization& a) { return IsPending(a) && !a.responded; })) {
    return AskToValidate{*index};
  }
  if (const auto index = FirstWhere(order, IsPending)) return FetchAuthorization{*index};
  return FetchOrder{};
}

// An agent that stays away, or a solver that does not come to an end, gives way to another, too.
Step TooLateFor(const Order& order, Error late, const MachineContext& context) {
  const bool presenting =
      order.state == OrderState::kPresenting || order.state == OrderState::kPropagating;
  const auto waiting = FirstWhere(order, [](const Authorization& a) {
    return IsPending(a) && a.presentation != Presentation::kServing;
  });
  if (!presenting || !waiting || late.reason() == Reason::kCaOrderExpired)
    return Fail(order, std::move(late));
  return TryAnotherChallenge(order, *waiting, std::move(late), context);
}

Effect NextIn(const Order& order, const MachineContext& context) {
  if (auto late = DeadlinePassed(order, context))
    return Decide{TooLateFor(order, *std::move(late), context)};
  switch (order.state) {
    case OrderState::kQueued:
      return PlaceOrder{};
    case OrderState::kPlaced:
      if (const auto index = FirstWhere(order, [](const Authorization& a) { return !a.name; })) {
        return FetchAuthorization{*index};
      }
      return FetchOrder{};
    case OrderState::kPresenting:
    case OrderState::kPropagating:
      return NextPresenting(order, context);
    case OrderState::kValidating:
      return NextValidating(order);
    case OrderState::kReady:
      if (order.finalize_url.empty()) {
        return Decide{Fail(order, Error(Reason::kCaBadAnswer,
                                        "the CA's order has no finalize URL (RFC 8555 §7.1.3)"))};
      }
      return Finalize{};
    case OrderState::kFinalizing:
      // Somebody may have sent the CSR: ask first, act second.
      return FetchOrder{};
    case OrderState::kDownloading:
      return FetchCertificate{};
    case OrderState::kIssued:
    case OrderState::kFailed:
    case OrderState::kCancelled:
      break;
  }
  CERTBROKER_CHECK(false);
}

Step ApplyOutcome(Order order, const Effect& effect, const Result<Observation>& outcome,
                  const MachineContext& context) {
  if (!outcome) return ApplyError(std::move(order), effect, outcome.error(), context);
  order.failures = 0;
  order.failure.reset();
  return std::visit(
      Overloaded{[&](const OrderSeen& seen) {
                   if (std::holds_alternative<PlaceOrder>(effect))
                     return ApplyPlacedOrder(std::move(order), seen, context);
                   if (order.state == OrderState::kFinalizing) {
                     return ApplyFinalizedOrder(std::move(order), seen,
                                                std::holds_alternative<Finalize>(effect), context);
                   }
                   return ApplyPolledOrder(std::move(order), seen, context);
                 },
                 [&](const AuthorizationSeen& seen) {
                   const std::size_t index = std::get<FetchAuthorization>(effect).index;
                   if (order.state == OrderState::kPlaced) {
                     return ApplyReadAuthorization(std::move(order), index, seen, context);
                   }
                   return ApplyPolledAuthorization(std::move(order), index, seen, context);
                 },
                 [&](const ChallengeAccepted&) {
                   return ApplyChallengeAccepted(std::move(order),
                                                 std::get<AskToValidate>(effect).index, context);
                 },
                 [&](const CertificateAccepted&) {
                   Enter(order, OrderState::kIssued);
                   return GoOn(std::move(order), "the certificate is checked and stored");
                 }},
      *outcome);
}

}  // namespace

std::string_view NameOf(const Effect& effect) {
  return std::visit(Overloaded{[](const PlaceOrder&) { return "newOrder"; },
                               [](const FetchOrder&) { return "fetch order"; },
                               [](const FetchAuthorization&) { return "fetch authorization"; },
                               [](const AskToValidate&) { return "respond to challenge"; },
                               [](const Finalize&) { return "finalize"; },
                               [](const FetchCertificate&) { return "fetch certificate"; },
                               [](const Decide&) { return "decide"; }},
                    effect);
}

Order Finalizing(Order order) {
  Enter(order, OrderState::kFinalizing);
  return order;
}

Effect Next(const Order& order, const MachineContext& context) {
  Effect effect = NextIn(order, context);
  if (auto* decided = std::get_if<Decide>(&effect))
    decided->step = OrElsewhere(order, std::move(decided->step));
  return effect;
}

Step Apply(Order order, const Effect& effect, const Result<Observation>& outcome,
           const MachineContext& context) {
  if (order.fallbacks.empty()) return ApplyOutcome(std::move(order), effect, outcome, context);
  return OrElsewhere(order, ApplyOutcome(order, effect, outcome, context));
}

}  // namespace certbroker::acme
