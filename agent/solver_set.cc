#include "agent/solver_set.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

namespace certbroker::agent {
namespace {

Error NotServed(ChallengeType type) {
  if (type == ChallengeType::kHttp01) {
    return {Reason::kChallengeNotServed,
            "certbroker-agent was started with neither --http-listen nor --webroot"};
  }
  if (type == ChallengeType::kTlsAlpn01) {
    return {Reason::kChallengeNotServed, "certbroker-agent was started without --tls-listen"};
  }
  return {Reason::kChallengeNotServed,
          fmt::format("no agent serves {}, only http-01 and tls-alpn-01", ToString(type))};
}

}  // namespace

void SolverSet::Add(ChallengeType type, std::unique_ptr<ChallengeSolver> solver) {
  solvers_[type] = std::move(solver);
}

Result<void> SolverSet::Present(const Challenge& challenge) {
  const auto found = solvers_.find(challenge.type);
  if (found == solvers_.end()) return NotServed(challenge.type);
  return found->second->Present(challenge);
}

Result<void> SolverSet::Remove(const std::string& token) {
  // All, so that a CA may use a token for several types. The first failure is told.
  std::optional<Error> failure;
  for (const auto& [type, solver] : solvers_) {
    auto removed = solver->Remove(token);
    if (!removed && !failure) failure = std::move(removed).error();
  }
  if (failure) return *std::move(failure);
  return {};
}

std::size_t SolverSet::presented() const {
  std::size_t count = 0;
  for (const auto& [type, solver] : solvers_) count += solver->presented();
  return count;
}

}  // namespace certbroker::agent
