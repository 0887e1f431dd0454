#include "service/engine/caa_check.h"

#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "acme/caa.h"

namespace certbroker::engine {
namespace {

// Of all names of an order together: well within a lease.
constexpr std::chrono::seconds kPatience{5};

}  // namespace

void CaaCheck::Ask(const Order& order, const acme::Directory& directory,
                   const HttpsUrl& account_url, UniqueFunction<void(Result<std::string>)> done) {
  // Without its names in CAA records nothing can be said about a CA.
  if (mode_ == CaaMode::kOff || directory.caa_identities.empty()) {
    done(std::string());
    return;
  }
  // From now on, not from when a thread is free: slow name servers must not hold up all orders.
  const SteadyTime deadline = deps_.clock.Tick() + kPatience;
  deps_.threads.Post([this, &order, ca_names = directory.caa_identities, account_url, deadline,
                      done = std::move(done)]() mutable {
    auto decided = Decide(order, ca_names, account_url, deadline);
    deps_.workers.Post([decided = std::move(decided), done = std::move(done)]() mutable {
      done(std::move(decided));
    });
  });
}

Result<std::string> CaaCheck::Decide(const Order& order, const std::vector<std::string>& ca_names,
                                     const HttpsUrl& account_url, SteadyTime deadline) const {
  if (deps_.clock.Tick() >= deadline)
    return std::string("CAA was not looked up: too many are asked");
  std::optional<Error> forbidden;
  std::string unknown;
  for (const Identifier& name : order.names) {
    const auto set = deps_.source.Find(name, deadline);
    if (!set) {
      if (unknown.empty())
        unknown = fmt::format("CAA of {} could not be looked up: {}", name.ToString(),
                              set.error().detail());
      continue;
    }
    std::string obstacle = Obstacle(order, name, *set, ca_names, account_url);
    if (obstacle.empty()) continue;
    if (!forbidden) forbidden = Error(Reason::kCaCaaForbids, obstacle);
    forbidden =
        std::move(*forbidden).With({name.ToString(), Reason::kCaCaaForbids, std::move(obstacle)});
  }
  if (!forbidden) return unknown;
  if (mode_ == CaaMode::kWarn) return forbidden->detail();
  return *std::move(forbidden);
}

// Empty: one of the ways in which the name may be proven is permitted.
std::string CaaCheck::Obstacle(const Order& order, const Identifier& name, const CaaRecordSet& set,
                               const std::vector<std::string>& ca_names,
                               const HttpsUrl& account_url) const {
  acme::CaaQuestion question{.wildcard = name.is_wildcard(),
                             .issuer_domain_names = ca_names,
                             .account_url = account_url.ToString(),
                             .challenge_type = {}};
  const auto base = Identifier::Parse(name.base());
  std::string obstacle;
  if (base) {
    for (const ChallengeOption& option :
         deps_.solvers.OptionsFor(*base, name.is_wildcard(), order.agent_challenges)) {
      question.challenge_type = ToString(option.type);
      acme::CaaDecision decision = acme::DecideCaa(set, question);
      if (decision.permitted) return {};
      if (obstacle.empty()) obstacle = std::move(decision.explanation);
    }
  }
  if (!obstacle.empty()) return obstacle;
  question.challenge_type.clear();
  return acme::DecideCaa(set, question).explanation;
}

}  // namespace certbroker::engine
