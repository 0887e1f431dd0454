#include "acme/authorization_answers.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "acme/another_attempt.h"
#include "acme/key_authorization.h"
#include "acme/problem.h"

namespace certbroker::acme {
namespace {

// Which name of the order it proves, or nothing. RFC 8555 §7.1.4: a wildcard's authorization
// carries the name without "*.".
std::optional<Identifier> NameProvenBy(const Order& order, std::size_t index,
                                       const AuthorizationMessage& message) {
  const auto base = Identifier::Parse(message.identifier.value);
  if (!base || message.identifier.type != ToString(base->type())) return std::nullopt;
  const auto wanted = std::ranges::find_if(order.names, [&](const Identifier& name) {
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

// tS3: the authorization of a challenge that has failed follows it, sooner or later.
bool HasFailed(const Authorization& authorization, const AuthorizationMessage& message) {
  if (message.status == AuthorizationStatus::kInvalid) return true;
  if (message.status != AuthorizationStatus::kPending &&
      message.status != AuthorizationStatus::kUnknown)
    return false;
  return std::ranges::any_of(message.challenges, [&](const ChallengeMessage& challenge) {
    return challenge.url == authorization.challenge_url &&
           challenge.status == ChallengeStatus::kInvalid;
  });
}

Error ChallengeError(const Authorization& authorization, const AuthorizationMessage& message) {
  const std::string name =
      authorization.name ? authorization.name->ToString() : message.identifier.value;
  const Problem* problem = message.FailureProblem();
  if (HasFailed(authorization, message)) {
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

std::string TypesOffered(const AuthorizationMessage& message) {
  std::string out;
  for (const ChallengeMessage& challenge : message.challenges) {
    if (!out.empty()) out += ", ";
    out += Printable(challenge.type, 40);
  }
  return out.empty() ? "none" : out;
}

std::string Listed(const std::vector<ChallengeOption>& options) {
  std::string out;
  for (const ChallengeOption& option : options) {
    if (!out.empty()) out += ", ";
    out += fmt::format("{} by {}", ToString(option.type), option.solver);
  }
  return out;
}

Error NoChallenge(const Order& order, const Authorization& authorization,
                  const AuthorizationMessage& message,
                  const std::vector<ChallengeOption>& options) {
  const std::string name = FullName(authorization);
  std::string detail =
      options.empty()
          ? fmt::format(
                "nothing here can prove {}: the agent serves {}, and no solver of the "
                "service covers it{}",
                name,
                order.agent_challenges.empty() ? "nothing" : JoinTypes(order.agent_challenges),
                authorization.wildcard ? "; a wildcard needs a DNS solver" : "")
          : fmt::format("the CA offers {} for {}; possible here would be {}", TypesOffered(message),
                        name, Listed(options));
  // What the attempts before died of says more than that nothing is left.
  if (order.failure && order.attempt > 0)
    detail = fmt::format("{}; before: {}", detail, order.failure->detail());
  return Error(Reason::kChallengeUnsupported, detail)
      .With({name, Reason::kChallengeUnsupported, detail});
}

// Chooses the challenge that will prove a pending name.
Result<void> ChooseChallenge(const Order& order, Authorization& authorization,
                             const AuthorizationMessage& message, const MachineContext& context) {
  const auto options = OptionsLeft(order, authorization, context.solvers);
  for (const ChallengeOption& option : options) {
    const ChallengeMessage* challenge = message.Challenge(ToString(option.type));
    const bool tokenless = option.type == ChallengeType::kDnsPersist01;
    if (challenge == nullptr || (challenge->token.empty() && !tokenless)) continue;
    authorization.challenge_type = option.type;
    authorization.solver = option.solver;
    authorization.challenge_url = challenge->url;
    authorization.token = challenge->token;
    if (!tokenless)
      authorization.key_authorization = KeyAuthorization(challenge->token, context.account_key);
    if (option.at_once) authorization.presentation = Presentation::kServing;
    // A challenge on which the CA is already at work (an order taken over) is not started a second
    // time.
    authorization.responded = challenge->status == ChallengeStatus::kProcessing;
    return {};
  }
  return NoChallenge(order, authorization, message, options);
}

// All authorizations are read: where does the order stand?
Step AfterReading(Order order, const MachineContext& context) {
  bool any_pending = false;
  bool any_wanted = false;
  for (Authorization& authorization : order.authorizations) {
    if (!IsPending(authorization)) continue;
    any_pending = true;
    // Some may have been read before the account got another key.
    if (!authorization.key_authorization.empty())
      authorization.key_authorization = KeyAuthorization(authorization.token, context.account_key);
    if (authorization.presentation == Presentation::kNone)
      authorization.presentation = Presentation::kWanted;
    any_wanted = any_wanted || authorization.presentation != Presentation::kServing;
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
  if (!any_wanted) return GoOn(std::move(order), "the challenges can be seen");
  return WaitForSolvers(std::move(order), "waiting for the challenges to be served");
}

}  // namespace

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
    if (auto chosen = ChooseChallenge(order, authorization, message, context); !chosen) {
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
  const bool failed = HasFailed(authorization, seen.message);
  if (IsPending(authorization) && !failed)
    return WaitForCa(std::move(order), seen.retry_after, kValidationPolls, context);
  if (authorization.status != AuthorizationStatus::kValid) {
    Error error = ChallengeError(authorization, seen.message);
    // Another way of proving helps when this one could not be seen, not when the CA will not issue.
    if (failed && error.reason() != Reason::kCaRejectedIdentifier &&
        error.reason() != Reason::kCaCaaForbids)
      return TryAnotherChallenge(std::move(order), index, std::move(error), context);
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

}  // namespace certbroker::acme
