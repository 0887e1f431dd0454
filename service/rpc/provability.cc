#include "service/rpc/provability.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "service/rpc/resource_names.h"

namespace certbroker::rpc {

Result<std::vector<ChallengeType>> AgentChallengesOf(
    const google::protobuf::RepeatedPtrField<std::string>& names) {
  std::vector<ChallengeType> types;
  for (const std::string& name : names) {
    const auto type = ChallengeTypeFromName(name);
    if (type != ChallengeType::kHttp01 && type != ChallengeType::kTlsAlpn01) {
      return InvalidField("challenge_types",
                          "an agent serves \"http-01\" and \"tls-alpn-01\", no other");
    }
    if (std::ranges::find(types, *type) == types.end()) types.push_back(*type);
  }
  return types;
}

std::vector<ChallengeOption> WaysToProve(const Identifier& name,
                                         const std::vector<ChallengeType>& by_agent,
                                         const SolverPlan& solvers) {
  const auto base = Identifier::Parse(name.base());
  if (!base) return {};
  return solvers.OptionsFor(*base, name.is_wildcard(), by_agent);
}

Result<void> CheckProvable(const std::vector<Identifier>& names,
                           const std::vector<ChallengeType>& by_agent, const SolverPlan& solvers) {
  std::optional<Error> failure;
  for (const Identifier& name : names) {
    if (!WaysToProve(name, by_agent, solvers).empty()) continue;
    const std::string why =
        name.is_wildcard()
            ? "a wildcard takes a DNS record (RFC 8555 §8.4), and no DNS solver of the service "
              "covers it"
            : "the agent serves no challenge that could prove it, and no solver of the service "
              "covers it; give certbroker-agent --http-listen, --webroot or --tls-listen";
    if (!failure) {
      failure = Error(Reason::kChallengeUnsupported,
                      fmt::format("nothing can prove control of {}: {}", name.ToString(), why));
    }
    failure = std::move(*failure).With({name.ToString(), Reason::kChallengeUnsupported, why});
  }
  if (failure) return *std::move(failure);
  return {};
}

}  // namespace certbroker::rpc
