#include "service/policy/agent_pattern.h"

#include <fmt/format.h>

#include "service/policy/agent_uri.h"

namespace certbroker::policy {

Result<AgentPattern> AgentPattern::Parse(std::string_view text) {
  const auto refused = [&](std::string_view why) {
    return Error(
        Reason::kConfigInvalid,
        fmt::format("expected an agent's URI, such as spiffe://example.org/agent/web-01 or "
                    "spiffe://example.org/agent/web-*, got \"{}\": {}",
                    Printable(text, 200), why));
  };
  const bool is_prefix = text.ends_with('*');
  const std::string_view fixed = text.substr(0, text.size() - (is_prefix ? 1 : 0));
  if (fixed.find('*') != std::string_view::npos)
    return refused("'*' may only be its last character");
  // Whatever follows a good prefix, it must be able to become a good URI: one more character shows.
  const std::string sample = is_prefix ? std::string(fixed) + "x" : std::string(fixed);
  if (const std::string problem = AgentUriProblem(sample); !problem.empty()) {
    return refused(is_prefix ? problem + " before its '*'" : problem);
  }
  return AgentPattern(std::string(fixed), is_prefix);
}

bool AgentPattern::Matches(const AgentId& agent) const {
  return is_prefix_ ? agent.ToString().starts_with(text_) : agent.ToString() == text_;
}

}  // namespace certbroker::policy
