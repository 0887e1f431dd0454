#include "service/rpc/convert_agent.h"

#include "core/check.h"
#include "service/identity/agent_name.h"
#include "service/rpc/convert.h"
#include "service/rpc/resource_names.h"

namespace certbroker::rpc {
namespace {

v1::AgentCa::State StateOf(AgentCaState state) {
  switch (state) {
    case AgentCaState::kPrepared:
      return v1::AgentCa::PREPARED;
    case AgentCaState::kActive:
      return v1::AgentCa::ACTIVE;
    case AgentCaState::kRetired:
      return v1::AgentCa::RETIRED;
    case AgentCaState::kTainted:
      return v1::AgentCa::TAINTED;
    case AgentCaState::kRevoked:
      return v1::AgentCa::REVOKED;
  }
  CERTBROKER_CHECK(false);
}

}  // namespace

v1::JoinToken ToProto(const JoinToken& token) {
  v1::JoinToken out;
  out.set_name(JoinTokenName(token.id));
  out.set_agent(token.agent.ToString());
  SetTime(token.create_time, out.mutable_create_time());
  SetTime(token.expire_time, out.mutable_expire_time());
  if (token.use_time) SetTime(*token.use_time, out.mutable_use_time());
  return out;
}

v1::Agent ToProto(const Agent& agent, std::string_view trust_domain) {
  v1::Agent out;
  out.set_name(identity::AgentName(agent.id, trust_domain));
  out.set_spiffe_id(agent.id.ToString());
  out.set_state(agent.state == AgentState::kBanned ? v1::Agent::BANNED : v1::Agent::ACTIVE);
  out.set_ban_reason(agent.ban_reason);
  SetTime(agent.create_time, out.mutable_create_time());
  if (agent.join_time) SetTime(*agent.join_time, out.mutable_join_time());
  if (agent.identity_expire_time) {
    SetTime(*agent.identity_expire_time, out.mutable_identity_expire_time());
  }
  return out;
}

v1::AgentCa ToProto(const identity::KnownCa& ca) {
  v1::AgentCa out;
  out.set_name(AgentCaName(ca.id));
  out.set_state(StateOf(ca.state));
  out.set_key_uri(ca.key_uri);
  out.set_certificate_der(std::string(AsText(ca.certificate.der())));
  out.set_certificate_sha256(std::string(AsText(ca.certificate.sha256())));
  SetTime(ca.create_time, out.mutable_create_time());
  SetTime(ca.certificate.not_after(), out.mutable_expire_time());
  return out;
}

}  // namespace certbroker::rpc
