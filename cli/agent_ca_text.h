// cli/agent_ca_text.h: agent CAs for people, with what comes next.
#pragma once

#include <string>

#include "certbroker/v1/agent_admin.pb.h"
#include "core/time.h"

namespace certbroker::cli {

// A table; why it is empty.
std::string AgentCasText(const v1::ListAgentCasResponse& list, Time now);
// Its fields, and the next step of its life.
std::string AgentCaText(const v1::AgentCa& ca, Time now);

}  // namespace certbroker::cli
