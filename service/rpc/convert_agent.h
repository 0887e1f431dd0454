// service/rpc/convert_agent.h: agents, join tokens and agent CAs as API messages (see convert.h).
#pragma once

#include <string_view>

#include "certbroker/v1/agent_admin.pb.h"
#include "core/agent.h"
#include "service/identity/agent_registry.h"

namespace certbroker::rpc {

v1::JoinToken ToProto(const JoinToken& token);
v1::Agent ToProto(const Agent& agent, std::string_view trust_domain);
v1::AgentCa ToProto(const identity::KnownCa& ca);

}  // namespace certbroker::rpc
