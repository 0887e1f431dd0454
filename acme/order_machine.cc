#include "acme/order_machine.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "acme/key_authorization.h"
#include "core/backoff.h"
#include "core/check.h"

namespace certbroker::acme {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kHttp01 = "http-01";
// A failed exchange: a CA that is down wants peace, one that hiccuped wants it soon.
constexpr BackoffLimits kFailureBackoff{milliseconds{500}, milliseconds{300'000}};
// The CA is working and did not say when to ask again. Whatever can be an event (the validator's
// fetch) wakes the order earlier; this is for the rest.
constexpr BackoffLimits kValidationPolls{milliseconds{250}, milliseconds{10'000}};
constexpr BackoffLimits kIssuancePolls{milliseconds{50}, milliseconds{10'000}};
// The agent is to say that it serves; nothing is polled meanwhile, this only bounds the wait for a
// lost hint.
constexpr milliseconds kPresentationCheck{30'000};
constexpr seconds kClockTolerance{300};  // between the CA's dates and our clock

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

bool IsPending(const Authorization& authorization) {
  return authorization.status == AuthorizationStatus::kPending ||
         authorization.status == AuthorizationStatus::kUnknown;
}

template <class Predicate>
std::optional<std::size_t> FirstWhere(const Order& order, Predicate predicate) {
  const auto found = std::ranges::find_if(order.authorizations, predicate);
  if (found == order.authorizations.end()) return std::nullopt;
  return static_cast<std::size_t>(found - order.authorizations.begin());
}

// I13: what was put up for the CA comes down when the CA does not need it any more.
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

Step GoOn(Order order, std::string event = {}) {
  order.held_by = HeldBy::kNothing;
  return {.order = std::move(order),
          .due_in = std::nullopt,
          .wakeable = true,
          .event = std::move(event)};
}

Step WaitForAgent(Order order, std::string event = {}) {
  order.held_by = HeldBy::kAgent;
  return {.order = std::move(order),
          .due_in = kPresentationCheck,
          .wakeable = true,
          .event = std::move(event)};
}

// The CA is at work: come back when it says, else soon and then ever later.
Step WaitForCa(Order order, std::optional<milliseconds> retry_after, const BackoffLimits& polls,
               const MachineContext& context, std::string event = {}) {
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

// What an operator or time can mend without a new order. An HSM that refuses is mended by an
// operator while orders wait, up to the deadline of their state; everything else says so itself.
bool IsTransient(const Error& error) {
  return error.retry() != Retry::kNever || HolderFor(error) == HeldBy::kHsm;
}

Step WaitOut(Order order, const Error& error, const MachineContext& context) {
  order.held_by = HolderFor(error);
  milliseconds wait = Backoff(order.failures, kFailureBackoff, context.random);
  bool wakeable = true;
  if (error.retry_after()) {
    wait = std::max<milliseconds>(wait, *error.retry_after());
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

// ---- What an order message of the CA means.

// RFC 8555 §7.1.3: the order is about the identifiers that were asked for. As sets: a CA may sort
// them and change their case.
bool SameNames(const std::vector<Identifier>& identifiers, const std::vector<DomainName>& names) {
  std::vector<DomainName> seen;
  for (const Identifier& identifier : identifiers) {
    auto name = DomainName::Parse(identifier.value);
    if (identifier.type != "dns" || !name) return false;
    seen.push_back(*std::move(name));
  }
  return SortedUnique(std::move(seen)) == SortedUnique(names);
}

Step OrderInvalid(Order order, const OrderMessage& message) {
  // Why an order became invalid stands in its `error`, or (Let's Encrypt) only in the failed
  // authorization.
  Error why =
      message.error
          ? ToError(*message.error, 0, std::nullopt)
          : Error(Reason::kCaOrderInvalid,
                  "the CA has made the order invalid without saying why; place a new order");
  return Fail(std::move(order), std::move(why));
}

void TakeUrls(Order& order, const OrderMessage& message) {
  if (message.finalize) order.finalize_url = *message.finalize;
  if (message.certificate) order.certificate_url = *message.certificate;
  if (message.expires) order.expires = message.expires;
}

Step ApplyFinalizedOrder(Order order, const OrderSeen& seen, bool finalize_was_sent_now,
                         const MachineContext& context) {
  switch (seen.message.status) {
    case OrderStatus::kValid:
      if (order.certificate_url.empty()) {
        // tS: "valid" without a certificate URL is a CA in the middle of a write, or a lying one.
        return WaitForCa(std::move(order), seen.retry_after, kIssuancePolls, context);
      }
      Enter(order, OrderState::kDownloading);
      return GoOn(std::move(order), "the CA has issued the certificate");
    case OrderStatus::kInvalid:
      return OrderInvalid(std::move(order), seen.message);
    case OrderStatus::kReady:
      // RFC 8555 §7.4: still ready means the CSR never arrived. Seen in the very answer to it, it
      // means wait.
      if (!finalize_was_sent_now) {
        Step step = GoOn(std::move(order));
        step.finalize_again = true;
        return step;
      }
      [[fallthrough]];
    case OrderStatus::kPending:
    case OrderStatus::kProcessing:
    case OrderStatus::kUnknown:
      return WaitForCa(std::move(order), seen.retry_after, kIssuancePolls, context);
  }
  CERTBROKER_CHECK(false);
}

Step ApplyPlacedOrder(Order order, const OrderSeen& seen, const MachineContext& context) {
  if (!seen.location) {
    return Fail(std::move(order), Error(Reason::kCaBadAnswer,
                                        "the CA answered newOrder without a Location; without "
                                        "its URL the order cannot be followed (RFC 8555 §7.4)"));
  }
  if (!SameNames(seen.message.identifiers, order.names)) {
    return Fail(std::move(order),
                Error(Reason::kCaBadAnswer,
                      fmt::format("the CA's order {} is not for the names that were asked for ({})",
                                  seen.location->ToString(), JoinNames(order.names))));
  }
  order.order_url = *seen.location;
  TakeUrls(order, seen.message);
  order.authorizations.clear();
  for (const HttpsUrl& url : seen.message.authorizations) {
    Authorization authorization;
    authorization.url = url;
    order.authorizations.push_back(std::move(authorization));
  }
  if (order.authorizations.size() > order.names.size()) {
    return Fail(
        std::move(order),
        Error(Reason::kCaBadAnswer, "the CA wants more authorizations than the order has names"));
  }
  // RFC 8555 §7.1.6, §7.4: an order may be born in any state.
  switch (seen.message.status) {
    case OrderStatus::kReady:
      Enter(order, OrderState::kReady);
      return GoOn(std::move(order), "placed; every name is already proven");
    case OrderStatus::kProcessing:
    case OrderStatus::kValid:
      // The CA handed out an order of ours that was finalized before, with another CSR. Its
      // certificate would be refused by the key check; nothing is gained by fetching it.
      return Fail(std::move(order),
                  Error(Reason::kCaOrderInvalid,
                        "the CA handed out an order that has been finalized before; "
                        "place a new order"));
    case OrderStatus::kInvalid:
      return OrderInvalid(std::move(order), seen.message);
    case OrderStatus::kPending:
    case OrderStatus::kUnknown:
      Enter(order, OrderState::kPlaced);
      if (order.authorizations.empty()) {
        return WaitForCa(std::move(order), seen.retry_after, kIssuancePolls, context,
                         "placed at the CA");
      }
      return GoOn(std::move(order), "placed at the CA");
  }
  CERTBROKER_CHECK(false);
}

// FetchOrder before finalize: only an order without authorizations to follow is asked for itself.
Step ApplyPolledOrder(Order order, const OrderSeen& seen, const MachineContext& context) {
  switch (seen.message.status) {
    case OrderStatus::kReady:
      Enter(order, OrderState::kReady);
      return GoOn(std::move(order), "every name is proven");
    case OrderStatus::kInvalid:
      return OrderInvalid(std::move(order), seen.message);
    case OrderStatus::kProcessing:
    case OrderStatus::kValid:
      return Fail(std::move(order),
                  Error(Reason::kCaOrderInvalid,
                        "the order was finalized by somebody else than this broker; check who else "
                        "uses the account key, then place a new order"));
    case OrderStatus::kPending:
    case OrderStatus::kUnknown:
      return WaitForCa(std::move(order), seen.retry_after, kIssuancePolls, context);
  }
  CERTBROKER_CHECK(false);
}

// ---- What an authorization means.

// Which name of the order it proves, or nothing. RFC 8555 §7.1.4: a wildcard's authorization
// carries the name without "*.".
std::optional<DomainName> NameProvenBy(const Order& order, std::size_t index,
                                       const AuthorizationMessage& message) {
  const auto base = DomainName::Parse(message.identifier.value);
  if (message.identifier.type != "dns" || !base) return std::nullopt;
  const auto wanted = std::ranges::find_if(order.names, [&](const DomainName& name) {
    return name.is_wildcard() == message.wildcard && name.base() == base->ToString();
  });
  if (wanted == order.names.end()) return std::nullopt;
  for (std::size_t i = 0; i < order.authorizations.size(); ++i) {
    const Authorization& other = order.authorizations[i];
    if (i != index && other.name == *base && other.wildcard == message.wildcard)
      return std::nullopt;
  }
  return *base;
}

Error ChallengeError(const Authorization& authorization, const AuthorizationMessage& message) {
  const std::string name =
      authorization.name ? authorization.name->ToString() : message.identifier.value;
  const Problem* problem = message.FailureProblem();
  if (message.status == AuthorizationStatus::kInvalid) {
    Error error = problem != nullptr
                      ? ToChallengeError(*problem)
                      : Error(Reason::kChallengeFailed,
                              "the CA could not validate the name and did not say why");
    const Reason reason = error.reason();
    const std::string detail = error.detail();
    return std::move(error).While(Printable(name)).With({Printable(name), reason, detail});
  }
  return Error(Reason::kCaOrderInvalid,
               fmt::format("the CA has ended the authorization of {} (deactivated, expired or "
                           "revoked); place a new order",
                           Printable(name)));
}

// Chooses the challenge that will prove a pending name.
Result<void> ChooseChallenge(Authorization& authorization, const AuthorizationMessage& message,
                             const MachineContext& context) {
  const ChallengeMessage* challenge = message.Challenge(kHttp01);
  if (challenge == nullptr || challenge->token.empty()) {
    return Error(Reason::kChallengeUnsupported,
                 fmt::format("the CA offers no http-01 challenge for {}{}, and this version of "
                             "certbroker knows no other; "
                             "a wildcard needs dns-01",
                             authorization.wildcard ? "*." : "", authorization.name->ToString()));
  }
  authorization.challenge_url = challenge->url;
  authorization.token = challenge->token;
  authorization.key_authorization = KeyAuthorization(challenge->token, context.account_key);
  // A challenge on which the CA is already at work (an order taken over) is not started a second
  // time.
  authorization.responded = challenge->status == ChallengeStatus::kProcessing;
  return {};
}

// All authorizations are read: where does the order stand?
Step AfterReading(Order order, const MachineContext& context) {
  bool any_pending = false;
  for (Authorization& authorization : order.authorizations) {
    if (!IsPending(authorization)) continue;
    any_pending = true;
    if (authorization.presentation == Presentation::kNone)
      authorization.presentation = Presentation::kWanted;
  }
  if (!any_pending) {
    Enter(order, OrderState::kReady);
    return GoOn(std::move(order), "every name was already proven to this CA");
  }
  if (context.now - kClockTolerance > order.expires.value_or(context.now)) {
    return Fail(std::move(order),
                Error(Reason::kCaOrderExpired, "the CA's order has expired; place a new order"));
  }
  Enter(order, OrderState::kPresenting);
  return WaitForAgent(std::move(order), "waiting for the agent to serve the challenges");
}

Step ApplyReadAuthorization(Order order, std::size_t index, const AuthorizationSeen& seen,
                            const MachineContext& context) {
  Authorization& authorization = order.authorizations[index];
  const AuthorizationMessage& message = seen.message;
  auto name = NameProvenBy(order, index, message);
  if (!name) {
    return Fail(
        std::move(order),
        Error(Reason::kCaBadAnswer,
              fmt::format("the CA asks to prove \"{}\", which the order does not hold (once)",
                          Printable(message.identifier.value))));
  }
  authorization.name = std::move(name);
  authorization.wildcard = message.wildcard;
  authorization.status = message.status;
  authorization.expires = message.expires;
  if (IsPending(authorization)) {
    if (auto chosen = ChooseChallenge(authorization, message, context); !chosen) {
      return Fail(std::move(order), std::move(chosen).error());
    }
  } else if (message.status != AuthorizationStatus::kValid) {
    Error error = ChallengeError(authorization, message);
    return Fail(std::move(order), std::move(error));
  }
  if (FirstWhere(order, [](const Authorization& a) { return !a.name; }))
    return GoOn(std::move(order));
  return AfterReading(std::move(order), context);
}

Step ApplyPolledAuthorization(Order order, std::size_t index, const AuthorizationSeen& seen,
                              const MachineContext& context) {
  Authorization& authorization = order.authorizations[index];
  authorization.status = seen.message.status;
  if (IsPending(authorization)) {
    return WaitForCa(std::move(order), seen.retry_after, kValidationPolls, context);
  }
  if (authorization.status != AuthorizationStatus::kValid) {
    Error error = ChallengeError(authorization, seen.message);
    return Fail(std::move(order), std::move(error));
  }
  if (FirstWhere(order, IsPending)) {
    order.polls = 0;
    return GoOn(std::move(order));
  }
  TakeChallengesDown(order);
  Enter(order, OrderState::kReady);
  return GoOn(std::move(order), "every name is proven");
}

Step ApplyChallengeAccepted(Order order, std::size_t index, const MachineContext& context) {
  order.authorizations[index].responded = true;
  std::string event;
  if (order.state != OrderState::kValidating) {
    Enter(order, OrderState::kValidating);
    event = "the CA is told to look";
  }
  const bool more = FirstWhere(order, [](const Authorization& a) {
                      return IsPending(a) && !a.responded;
                    }).has_value();
  if (more) return GoOn(std::move(order), std::move(event));
  return WaitForCa(std::move(order), std::nullopt, kValidationPolls, context, std::move(event));
}

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
                   TakeUrls(order, seen.message);
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
