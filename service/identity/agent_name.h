// service/identity/agent_name.h: "web-01" and "spiffe://example.org/agent/web-01" are one agent.
#pragma once

#include <string>
#include <string_view>

#include "core/ids.h"
#include "core/result.h"

namespace certbroker::identity {

// Both forms are understood: the name alone (in `trust_domain`, which may be empty where the
// service makes no identities) and the whole SPIFFE ID of any trust domain; each also behind
// "agents/". kInvalidArgument, naming `field`.
Result<AgentId> ParseAgentName(std::string_view field, std::string_view text,
                               std::string_view trust_domain);

// "agents/web-01"; "agents/spiffe://…" for one of another trust domain or form.
std::string AgentName(const AgentId& agent, std::string_view trust_domain);

// Whether the agent CA of that trust domain may name it.
bool IsOfTrustDomain(const AgentId& agent, std::string_view trust_domain);

}  // namespace certbroker::identity
