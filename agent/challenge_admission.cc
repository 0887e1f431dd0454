#include "agent/challenge_admission.h"

#include <fmt/format.h>

namespace certbroker::agent {
namespace {

// One is the rule; orders of runs that were killed make more.
constexpr std::size_t kOrderLimit = 16;

}  // namespace

ChallengeAdmission::ChallengeAdmission(const std::vector<std::string>& names)
    : names_(names.begin(), names.end()) {}

Result<void> ChallengeAdmission::Admit(const Challenge& challenge) {
  if (names_.empty()) return {};
  if (!names_.contains(challenge.identifier)) {
    return Error(Reason::kNameNotAuthorized,
                 fmt::format("'{}' is none of the names that this run asks for",
                             Printable(challenge.identifier)));
  }
  const auto order = tokens_.find(challenge.order);
  if (order == tokens_.end() && tokens_.size() >= kOrderLimit) {
    return Error(Reason::kOverloaded,
                 fmt::format("{} orders have challenges here already", kOrderLimit));
  }
  if (order != tokens_.end() && order->second.size() >= names_.size() &&
      !order->second.contains(challenge.token)) {
    return Error(Reason::kOverloaded, fmt::format("{} has more challenges than there are names",
                                                  Printable(challenge.order)));
  }
  tokens_[challenge.order].insert(challenge.token);
  return {};
}

void ChallengeAdmission::Forget(const Challenge& challenge) {
  const auto order = tokens_.find(challenge.order);
  if (order == tokens_.end()) return;
  order->second.erase(challenge.token);
  if (order->second.empty()) tokens_.erase(order);
}

}  // namespace certbroker::agent
