#include "service/rpc/agent_admin_service.h"

#include <utility>

#include <fmt/format.h>

#include "service/identity/agent_name.h"
#include "service/rpc/convert_agent.h"
#include "service/rpc/request_body.h"
#include "service/rpc/resource_names.h"

namespace certbroker::rpc {
namespace {

constexpr std::size_t kSha256 = 32;
constexpr std::size_t kMaxReason = 200;
constexpr std::size_t kMaxShownName = 200;
constexpr std::int64_t kDefaultTtl = 3600;
constexpr std::int64_t kShortestTtl = 60;
constexpr std::int64_t kLongestTtl = 30L * 24 * 3600;

}  // namespace

template <class Response, class Handler>
grpc::ServerUnaryReactor* AgentAdminService::Answer(Context* context, std::string_view method,
                                                    Response* response, Handler handler) {
  return AnswerUnary(context, deps_.calls, method, response,
                     [handler = std::move(handler)](const Caller& caller) -> Result<Response> {
                       RETURN_IF_ERROR(RequireOperator(caller));
                       return handler(caller);
                     });
}

std::string_view AgentAdminService::trust_domain() const {
  return deps_.enrolment == nullptr ? std::string_view() : deps_.enrolment->trust_domain;
}

Result<const identity::Enrolment*> AgentAdminService::NeedEnrolment() const {
  if (deps_.enrolment != nullptr) return deps_.enrolment;
  return Error(Reason::kConfigInvalid,
               "this service makes no identities: add [identity] to its configuration "
               "(docs/agents.md)");
}

Result<AgentId> AgentAdminService::AgentOf(std::string_view name) const {
  return identity::ParseAgentName("name", name, trust_domain());
}

AgentAdminService::Reactor* AgentAdminService::CreateJoinToken(
    Context* context, const v1::CreateJoinTokenRequest* request,
    v1::CreateJoinTokenResponse* response) {
  return Answer(context, "CreateJoinToken", response,
                [this, request](const Caller& caller) { return CreateToken(caller, *request); });
}

Result<v1::CreateJoinTokenResponse> AgentAdminService::CreateToken(
    const Caller& caller, const v1::CreateJoinTokenRequest& request) {
  ASSIGN_OR_RETURN(const identity::Enrolment* enrolment, NeedEnrolment());
  ASSIGN_OR_RETURN(const RequestId request_id, ParseRequestId(request.request_id()));
  JoinToken token;
  ASSIGN_OR_RETURN(token.agent,
                   identity::ParseAgentName("agent", request.agent(), enrolment->trust_domain));
  if (!identity::IsOfTrustDomain(token.agent, enrolment->trust_domain)) {
    return InvalidField("agent", "is not of this service's trust domain, spiffe://" +
                                     enrolment->trust_domain + "/agent/…");
  }
  if (request.secret_sha256().size() != kSha256) {
    return InvalidField("secret_sha256", "is required: the SHA-256 of the secret, 32 octets");
  }
  const std::int64_t ttl = request.ttl_seconds() == 0 ? kDefaultTtl : request.ttl_seconds();
  if (ttl < kShortestTtl || ttl > kLongestTtl) {
    return InvalidField("ttl_seconds", "is not from 60 (a minute) to 2592000 (30 days)");
  }
  RETURN_IF_ERROR(deps_.registry.Check(token.agent, std::nullopt));
  token.id = JoinTokenId(Uuid::V7(deps_.clock.Now(), deps_.random));
  token.secret_sha256 = ToBytes(AsBytes(request.secret_sha256()));
  ASSIGN_OR_RETURN(
      const JoinToken created,
      deps_.agents.CreateToken(token, std::chrono::seconds{ttl},
                               {caller.id, request_id, "CreateJoinToken", RequestBody(request)}));
  deps_.calls.log.Info("join_token_made", {{"agent", created.agent.ToString()},
                                           {"join_token", created.id.ToString()},
                                           {"expires", FormatRfc3339(created.expire_time)}});
  v1::CreateJoinTokenResponse response;
  *response.mutable_join_token() = ToProto(created);
  for (const std::string& address : enrolment->addresses) response.add_addresses(address);
  response.set_server_ca_sha256(std::string(AsText(enrolment->server_ca_sha256)));
  return response;
}

AgentAdminService::Reactor* AgentAdminService::ListJoinTokens(
    Context* context, const v1::ListJoinTokensRequest* request,
    v1::ListJoinTokensResponse* response) {
  return Answer(context, "ListJoinTokens", response,
                [this, request](const Caller&) -> Result<v1::ListJoinTokensResponse> {
                  ASSIGN_OR_RETURN(const auto page,
                                   PageOf(request->page_size(), request->page_token()));
                  ASSIGN_OR_RETURN(const auto found, deps_.agents.ListTokens(page));
                  v1::ListJoinTokensResponse list;
                  for (const JoinToken& token : found.items)
                    *list.add_join_tokens() = ToProto(token);
                  list.set_next_page_token(found.next_token);
                  return list;
                });
}

AgentAdminService::Reactor* AgentAdminService::DeleteJoinToken(
    Context* context, const v1::DeleteJoinTokenRequest* request,
    google::protobuf::Empty* response) {
  return Answer(context, "DeleteJoinToken", response,
                [this, request](const Caller&) -> Result<google::protobuf::Empty> {
                  ASSIGN_OR_RETURN(const JoinTokenId id,
                                   ParseJoinTokenName("name", request->name()));
                  RETURN_IF_ERROR(deps_.agents.DeleteToken(id));
                  deps_.calls.log.Info("join_token_deleted", {{"join_token", id.ToString()}});
                  return google::protobuf::Empty();
                });
}

AgentAdminService::Reactor* AgentAdminService::GetAgent(Context* context,
                                                        const v1::GetAgentRequest* request,
                                                        v1::Agent* response) {
  return Answer(context, "GetAgent", response, [this, request](const Caller&) -> Result<v1::Agent> {
    ASSIGN_OR_RETURN(const AgentId id, AgentOf(request->name()));
    ASSIGN_OR_RETURN(const Agent agent, deps_.agents.Get(id));
    return ToProto(agent, trust_domain());
  });
}

AgentAdminService::Reactor* AgentAdminService::ListAgents(Context* context,
                                                          const v1::ListAgentsRequest* request,
                                                          v1::ListAgentsResponse* response) {
  return Answer(context, "ListAgents", response,
                [this, request](const Caller&) -> Result<v1::ListAgentsResponse> {
                  ASSIGN_OR_RETURN(const auto page,
                                   PageOf(request->page_size(), request->page_token()));
                  ASSIGN_OR_RETURN(const auto found, deps_.agents.List(page));
                  v1::ListAgentsResponse list;
                  for (const Agent& agent : found.items)
                    *list.add_agents() = ToProto(agent, trust_domain());
                  list.set_next_page_token(found.next_token);
                  return list;
                });
}

Result<v1::Agent> AgentAdminService::SetState(const std::string& name, AgentState state,
                                              const std::string& reason) {
  if (reason.size() > kMaxReason) return InvalidField("reason", "is longer than 200 octets");
  ASSIGN_OR_RETURN(const AgentId id, AgentOf(name));
  ASSIGN_OR_RETURN(const Agent agent,
                   deps_.agents.SetState(id, state, Printable(reason, kMaxReason)));
  deps_.calls.log.Info("agent_state", {{"agent", id.ToString()},
                                       {"state", std::string(ToString(state))},
                                       {"reason", agent.ban_reason}});
  // Here at once; other replicas are told by the database.
  RETURN_IF_ERROR(deps_.registry.Refresh());
  return ToProto(agent, trust_domain());
}

AgentAdminService::Reactor* AgentAdminService::BanAgent(Context* context,
                                                        const v1::BanAgentRequest* request,
                                                        v1::Agent* response) {
  return Answer(context, "BanAgent", response, [this, request](const Caller&) {
    return SetState(request->name(), AgentState::kBanned, request->reason());
  });
}

AgentAdminService::Reactor* AgentAdminService::UnbanAgent(Context* context,
                                                          const v1::UnbanAgentRequest* request,
                                                          v1::Agent* response) {
  return Answer(context, "UnbanAgent", response, [this, request](const Caller&) {
    return SetState(request->name(), AgentState::kActive, "");
  });
}

AgentAdminService::Reactor* AgentAdminService::DeleteAgent(Context* context,
                                                           const v1::DeleteAgentRequest* request,
                                                           google::protobuf::Empty* response) {
  return Answer(context, "DeleteAgent", response,
                [this, request](const Caller&) -> Result<google::protobuf::Empty> {
                  ASSIGN_OR_RETURN(const AgentId id, AgentOf(request->name()));
                  RETURN_IF_ERROR(Delete(id));
                  return google::protobuf::Empty();
                });
}

Result<void> AgentAdminService::Delete(const AgentId& id) {
  ASSIGN_OR_RETURN(const Agent agent, deps_.agents.Get(id));
  // The ban is all that keeps such a certificate out, and goes with the row.
  if (agent.state == AgentState::kBanned && !agent.identity_expire_time) {
    const std::string name = Printable(id.ToString(), kMaxShownName);
    return InvalidField(
        "name",
        fmt::format("is banned and has no identity by the service's own CA: its certificate "
                    "by a CA of yours would get in again. Keep the ban, or take it back "
                    "first (certbroker agents unban {})",
                    name));
  }
  RETURN_IF_ERROR(deps_.agents.Remove(id));
  deps_.calls.log.Info("agent_removed", {{"agent", id.ToString()}});
  return deps_.registry.Refresh();
}

AgentAdminService::Reactor* AgentAdminService::ListAgentCas(
    Context* context, const v1::ListAgentCasRequest* /*request*/,
    v1::ListAgentCasResponse* response) {
  return Answer(context, "ListAgentCas", response,
                [this](const Caller&) -> Result<v1::ListAgentCasResponse> {
                  RETURN_IF_ERROR(deps_.registry.Refresh());
                  v1::ListAgentCasResponse list;
                  for (const auto& ca : *deps_.registry.cas()) *list.add_agent_cas() = ToProto(ca);
                  return list;
                });
}

AgentAdminService::Reactor* AgentAdminService::PrepareAgentCa(
    Context* context, const v1::PrepareAgentCaRequest* request, v1::AgentCa* response) {
  return Answer(context, "PrepareAgentCa", response,
                [this, request](const Caller&) -> Result<v1::AgentCa> {
                  ASSIGN_OR_RETURN(const identity::Enrolment* enrolment, NeedEnrolment());
                  if (request->key_uri().empty()) {
                    return InvalidField("key_uri", "is required: a PKCS#11 URI");
                  }
                  ASSIGN_OR_RETURN(const auto ca, enrolment->keeper.Prepare(request->key_uri()));
                  return ToProto(ca);
                });
}

Result<v1::AgentCa> AgentAdminService::SetCaState(const std::string& name, AgentCaState state) {
  ASSIGN_OR_RETURN(const identity::Enrolment* enrolment, NeedEnrolment());
  ASSIGN_OR_RETURN(const AgentCaId id, ParseAgentCaName("name", name));
  ASSIGN_OR_RETURN(const auto ca, enrolment->keeper.SetState(id, state));
  return ToProto(ca);
}

AgentAdminService::Reactor* AgentAdminService::ActivateAgentCa(
    Context* context, const v1::ActivateAgentCaRequest* request, v1::AgentCa* response) {
  return Answer(context, "ActivateAgentCa", response, [this, request](const Caller&) {
    return SetCaState(request->name(), AgentCaState::kActive);
  });
}

AgentAdminService::Reactor* AgentAdminService::TaintAgentCa(Context* context,
                                                            const v1::TaintAgentCaRequest* request,
                                                            v1::AgentCa* response) {
  return Answer(context, "TaintAgentCa", response, [this, request](const Caller&) {
    return SetCaState(request->name(), AgentCaState::kTainted);
  });
}

AgentAdminService::Reactor* AgentAdminService::RevokeAgentCa(
    Context* context, const v1::RevokeAgentCaRequest* request, v1::AgentCa* response) {
  return Answer(context, "RevokeAgentCa", response, [this, request](const Caller&) {
    return SetCaState(request->name(), AgentCaState::kRevoked);
  });
}

}  // namespace certbroker::rpc
