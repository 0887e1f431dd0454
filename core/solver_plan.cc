#include "core/solver_plan.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace certbroker {
namespace {

// How special the scope is for the name: the length of the longest zone it lies in. Nothing: it
// does not cover the name.
std::optional<std::size_t> Match(const SolverScope& scope, const Identifier& base) {
  if (scope.zones.empty()) return 0;
  std::optional<std::size_t> best;
  for (const Identifier& zone : scope.zones) {
    const std::string& end = zone.ToString();
    const bool inside = base == zone || (!base.is_ip() && base.ToString().ends_with("." + end));
    if (inside) best = std::max(best.value_or(0), end.size());
  }
  return best;
}

}  // namespace

SolverPlan::SolverPlan()
    : SolverPlan({ChallengeType::kHttp01, ChallengeType::kTlsAlpn01, ChallengeType::kDns01,
                  ChallengeType::kDnsAccount01, ChallengeType::kDnsPersist01},
                 {}) {}

SolverPlan::SolverPlan(std::vector<ChallengeType> preference, std::vector<SolverScope> solvers)
    : preference_(std::move(preference)), solvers_(std::move(solvers)) {}

std::vector<ChallengeOption> SolverPlan::OptionsFor(
    const Identifier& base, bool wildcard, const std::vector<ChallengeType>& by_agent) const {
  std::vector<ChallengeOption> options;
  for (const ChallengeType type : preference_) {
    if (!CanProve(type, base, wildcard)) continue;
    if (std::ranges::find(by_agent, type) != by_agent.end())
      options.push_back({.type = type, .solver = std::string(kAgentSolver)});
    std::vector<std::pair<std::size_t, const SolverScope*>> matching;
    for (const SolverScope& scope : solvers_) {
      if (scope.type != type) continue;
      if (const auto match = Match(scope, base)) matching.emplace_back(*match, &scope);
    }
    // Stable: among equals, the order of the configuration.
    std::ranges::stable_sort(matching,
                             [](const auto& a, const auto& b) { return a.first > b.first; });
    for (const auto& [match, scope] : matching)
      options.push_back({.type = type, .solver = scope->name, .at_once = scope->at_once});
  }
  return options;
}

}  // namespace certbroker
