#include "cli/agent_text.h"

#include "cli/field_list.h"
#include "cli/resource_name.h"
#include "cli/when.h"
#include "client/table.h"

namespace certbroker::cli {
namespace {

std::string IdentityEnd(const v1::Agent& agent, Time now) {
  return agent.has_identity_expire_time() ? When(agent.identity_expire_time(), now) : "";
}

}  // namespace

std::string AgentsText(const v1::ListAgentsResponse& list, Time now) {
  if (list.agents().empty()) {
    return "No agents have joined. 'certbroker tokens create --agent NAME' lets one in.\n";
  }
  client::Table table({"AGENT", "STATE", "IDENTITY EXPIRES", "JOINED", "NOTE"});
  for (const v1::Agent& agent : list.agents()) {
    table.Add({IdOf(kAgents, agent.name()), v1::Agent::State_Name(agent.state()),
               IdentityEnd(agent, now),
               agent.has_join_time() ? When(agent.join_time(), now) : "never with a token",
               agent.ban_reason()});
  }
  return table.Text();
}

std::string AgentText(const v1::Agent& agent, Time now) {
  FieldList fields;
  fields.Add("Agent", agent.name());
  fields.Add("SPIFFE ID", agent.spiffe_id());
  fields.Add("State", v1::Agent::State_Name(agent.state()));
  fields.Add("Banned because", agent.ban_reason());
  fields.Add("Created", When(agent.create_time(), now));
  if (agent.has_join_time()) fields.Add("Joined", When(agent.join_time(), now));
  fields.Add("Identity expires", agent.has_identity_expire_time() ? IdentityEnd(agent, now)
                                                                  : "none by the service's own CA");
  return fields.Text();
}

}  // namespace certbroker::cli
