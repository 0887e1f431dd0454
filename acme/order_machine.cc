#include "acme/order_machine.h"

#include <utility>

#include <fmt/format.h>

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

Step ApplyError(Order order, const Effect& effect, const Error& error,
                const MachineContext& context) {
  if (std::holds_alternative<Finalize>(effect) &&
      (error.retry() == Retry::kReadBackFirst || error.reason() == Reason::kCaOrderNotReady)) {
    // RFC 8555 §7.4: orderNotReady, like a lost answer, is a question: where does the order stand?
    // Next asks. Counted as polls, which only another state resets: a CA that goes on like this is
    // asked ever more rarely.
    order.failure = error;
    std::optional<milliseconds> retry_after = error.retry_after();
    return WaitForCa(std::move(order), retry_after, kIssuancePolls, context,
                     fmt::format("finalize: {}", error.detail()));
  }
  if (std::holds_alternative<AskToValidate>(effect) && error.reason() == Reason::kCaRejected) {
    // tS4: a challenge that was started before (by a holder that died) is refused the second time;
    // the authorization tells.
    return ApplyChallengeAccepted(std::move(order), std::get<AskToValidate>(effect).index, context);
  }
  if (!IsTransient(error)) return Fail(std::move(order), error);
  return WaitOut(std::move(order), error, context);
}

// ---- What time alone decides.

Error TooLate(const Order& order) {
  const std::string age = fmt::format("the order has been {} for too long", ToString(order.state));
  if (order.state == OrderState::kPresenting) {
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
  return std::nullopt;
}

Effect NextPresenting(const Order& order) {
  for (const Authorization& authorization : order.authorizations) {
    if (authorization.presentation == Presentation::kFailed) {
      const std::string name = authorization.name->ToString();
      Error error(Reason::kChallengeNotServed,
                  fmt::format("the agent cannot serve the challenge for {}: {}", name,
                              Printable(authorization.presentation_error)));
      return Decide{
          Fail(order, std::move(error).With({name, Reason::kChallengeNotServed,
                                             Printable(authorization.presentation_error)}))};
    }
  }
  const bool waiting = FirstWhere(order, [](const Authorization& a) {
                         return IsPending(a) && a.presentation != Presentation::kServing;
                       }).has_value();
  if (waiting) return Decide{WaitForAgent(order)};
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
  if (auto late = DeadlinePassed(order, context)) return Decide{Fail(order, *std::move(late))};
  switch (order.state) {
    case OrderState::kQueued:
      return PlaceOrder{};
    case OrderState::kPlaced:
      if (const auto index = FirstWhere(order, [](const Authorization& a) { return !a.name; })) {
        return FetchAuthorization{*index};
      }
      return FetchOrder{};
    case OrderState::kPresenting:
      return NextPresenting(order);
    case OrderState::kPropagating:  // http-01 has nothing that spreads
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

Step Apply(Order order, const Effect& effect, const Result<Observation>& outcome,
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

}  // namespace certbroker::acme
