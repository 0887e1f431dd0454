#include "service/identity/agent_name.h"

#include <fmt/format.h>

#include "core/error.h"
#include "service/policy/agent_uri.h"

namespace certbroker::identity {
namespace {

constexpr std::string_view kScheme = "spiffe://";
constexpr std::string_view kCollection = "agents/";

std::string Prefix(std::string_view trust_domain) {
  return fmt::format("{}{}/agent/", kScheme, trust_domain);
}

Error Refused(std::string_view field, std::string_view text, std::string_view why) {
  std::string detail = fmt::format(
      "{}: \"{}\" names no agent: {}; expected a name such as web-01 or a SPIFFE ID such "
      "as spiffe://example.org/agent/web-01",
      field, Printable(text, 200), why);
  return Error(Reason::kInvalidArgument, detail)
      .With({std::string(field), Reason::kInvalidArgument, detail});
}

}  // namespace

Result<AgentId> ParseAgentName(std::string_view field, std::string_view text,
                               std::string_view trust_domain) {
  std::string_view name = text;
  if (name.starts_with(kCollection)) name.remove_prefix(kCollection.size());
  if (name.empty()) return Refused(field, text, "it is empty");
  const bool whole = name.starts_with(kScheme);
  if (!whole && trust_domain.empty()) {
    return Refused(field, text, "the service has no trust domain of its own ([identity])");
  }
  std::string uri = whole ? std::string(name) : Prefix(trust_domain).append(name);
  if (const std::string problem = policy::AgentUriProblem(uri); !problem.empty()) {
    return Refused(field, text, problem);
  }
  return AgentId(std::move(uri));
}

std::string AgentName(const AgentId& agent, std::string_view trust_domain) {
  std::string_view name = agent.ToString();
  if (IsOfTrustDomain(agent, trust_domain)) name.remove_prefix(Prefix(trust_domain).size());
  return std::string(kCollection).append(name);
}

bool IsOfTrustDomain(const AgentId& agent, std::string_view trust_domain) {
  return !trust_domain.empty() && agent.ToString().starts_with(Prefix(trust_domain));
}

}  // namespace certbroker::identity
