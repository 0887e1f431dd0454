// cli/agent_text.h: agents for people.
#pragma once

#include <string>

#include "certbroker/v1/agent_admin.pb.h"
#include "core/time.h"

namespace certbroker::cli {

// A table; what to do when it would be empty.
std::string AgentsText(const v1::ListAgentsResponse& list, Time now);
std::string AgentText(const v1::Agent& agent, Time now);

}  // namespace certbroker::cli
