#include "acme/another_attempt.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/account_name.h"
#include "core/check.h"

namespace certbroker::acme {
namespace {

using std::chrono::milliseconds;

// A CA that hiccups is given a moment before an order goes elsewhere; one that says when to come
// back is waited for if that is soon.
constexpr int kHiccups = 3;
constexpr std::chrono::minutes kShortWait{1};

void BeginAgain(Order& order, Error why) {
  Enter(order, OrderState::kQueued);
  ++order.attempt;
  order.order_url = HttpsUrl();
  order.finalize_url = HttpsUrl();
  order.certificate_url = HttpsUrl();
  order.expires.reset();
  order.authorizations.clear();  // the store takes down what they have put up
  order.failure = std::move(why);
}

// What failed for one name most likely fails for the others that rely on it, and CAs count failures
// per name (tL3). Names that have no other way keep it.
void GiveUpAlike(Order& order, const Authorization& failed, const MachineContext& context) {
  for (const Authorization& other : order.authorizations) {
    if (!other.name || !IsPending(other) || other.challenge_type != failed.challenge_type ||
        other.solver != failed.solver || FullName(other) == FullName(failed))
      continue;
    order.failed_challenges.push_back({FullName(other), other.challenge_type, other.solver});
    if (OptionsLeft(order, other, context.solvers).empty()) order.failed_challenges.pop_back();
  }
}

// What a CA thinks, or what became of it. Not: what the agent, the policy or our own parts did.
constexpr Reason kOfThisCa[] = {Reason::kCaUnavailable,
                                Reason::kCaRateLimited,
                                Reason::kCaRejectedIdentifier,
                                Reason::kCaCaaForbids,
                                Reason::kCaRejected,
                                Reason::kCaAccountUnusable,
                                Reason::kCaExternalAccountRequired,
                                Reason::kCaTermsChanged,
                                Reason::kCaOrderInvalid,
                                Reason::kCaOrderExpired,
                                Reason::kCaBadAnswer,
                                Reason::kCaBadNonce,
                                Reason::kCaProfileRefused,
                                Reason::kChallengeUnsupported,
                                Reason::kAccountNotReady,
                                Reason::kOutcomeUnknown};

bool IsOfThisCa(Reason reason) {
  return std::ranges::find(kOfThisCa, reason) != std::end(kOfThisCa);
}

bool IsHeldForLong(const Step& step) {
  const Order& order = step.order;
  if (order.held_by == HeldBy::kCaLimit || order.held_by == HeldBy::kAccount)
    return !step.due_in || *step.due_in > kShortWait;
  // Not what a CA's own servers may not have told each other yet (MayNotBeKnownYet).
  const Reason reason = order.failure->reason();
  const bool no_answer = reason == Reason::kCaUnavailable || reason == Reason::kOutcomeUnknown ||
                         reason == Reason::kCaBadNonce;
  if (order.held_by != HeldBy::kCaUnavailable || !no_answer) return false;
  return order.failures >= kHiccups || (!step.wakeable && step.due_in && *step.due_in > kShortWait);
}

Step TryAnotherIssuer(Order order, Error why) {
  const AccountName next = order.fallbacks.front();
  const auto parts = PartsOf(next);
  CERTBROKER_CHECK(parts.has_value());
  std::string event = fmt::format("issuer {} did not do it ({}); trying {}",
                                  order.issuer.ToString(), why.detail(), parts->issuer.ToString());
  BeginAgain(order, std::move(why));
  order.issuer = parts->issuer;
  order.account = next;
  order.fallbacks.erase(order.fallbacks.begin());
  order.failed_challenges.clear();       // what one CA could not see another may
  order.profile = order.wanted_profile;  // what one CA does not have another may
  order.replaces.clear();                // RFC 9773 §5: of a certificate of the same CA
  Step step = GoOn(std::move(order), std::move(event));
  // The lease is given back: the order may have to wait for its place at the new account.
  step.due_in = milliseconds{0};
  return step;
}

}  // namespace

std::vector<ChallengeOption> OptionsLeft(const Order& order, const Authorization& authorization,
                                         const SolverPlan& solvers) {
  auto options =
      solvers.OptionsFor(*authorization.name, authorization.wildcard, order.agent_challenges);
  const std::string name = FullName(authorization);
  std::erase_if(options, [&](const ChallengeOption& option) {
    return std::ranges::find(order.failed_challenges,
                             FailedChallenge{name, option.type, option.solver}) !=
           order.failed_challenges.end();
  });
  return options;
}

Step TryAnotherChallenge(Order order, std::size_t index, Error why, const MachineContext& context) {
  const Authorization failed = order.authorizations[index];
  order.failed_challenges.push_back({FullName(failed), failed.challenge_type, failed.solver});
  const auto left = OptionsLeft(order, failed, context.solvers);
  if (left.empty()) return Fail(std::move(order), std::move(why));
  GiveUpAlike(order, failed, context);
  std::string event = fmt::format("{} by {} did not prove {} ({}); trying {} by {}",
                                  ToString(failed.challenge_type), failed.solver, FullName(failed),
                                  why.detail(), ToString(left.front().type), left.front().solver);
  BeginAgain(order, std::move(why));
  return GoOn(std::move(order), std::move(event));
}

Step OrElsewhere(const Order& before, Step step) {
  const bool failed = step.order.state == OrderState::kFailed;
  if (before.fallbacks.empty() || !TraitsOf(before.state).cancellable) return step;
  if (!failed && !(step.order.failure && IsHeldForLong(step))) return step;
  if (!IsOfThisCa(step.order.failure->reason())) return step;
  return TryAnotherIssuer(before, *std::move(step.order.failure));
}

}  // namespace certbroker::acme
