// service/rpc/agent_admin_service.h: certbroker.v1.AgentAdminService; operators only.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "certbroker/v1/agent_admin.grpc.pb.h"
#include "core/clock.h"
#include "core/ports/agent_store.h"
#include "core/random.h"
#include "service/identity/enrolment.h"
#include "service/rpc/unary_call.h"

namespace certbroker::rpc {

class AgentAdminService final : public v1::AgentAdminService::CallbackService {
 public:
  using Context = grpc::CallbackServerContext;
  using Reactor = grpc::ServerUnaryReactor;

  struct Deps {
    CallDeps calls;
    AgentStore& agents;
    identity::AgentRegistry& registry;
    const identity::Enrolment* enrolment;  // null: the service makes no identities
    Clock& clock;
    Random& random;
  };
  // Everything must outlive the server that the service is registered with.
  explicit AgentAdminService(const Deps& deps) : deps_(deps) {}

  Reactor* CreateJoinToken(Context* context, const v1::CreateJoinTokenRequest* request,
                           v1::CreateJoinTokenResponse* response) override;
  Reactor* ListJoinTokens(Context* context, const v1::ListJoinTokensRequest* request,
                          v1::ListJoinTokensResponse* response) override;
  Reactor* DeleteJoinToken(Context* context, const v1::DeleteJoinTokenRequest* request,
                           google::protobuf::Empty* response) override;

  Reactor* GetAgent(Context* context, const v1::GetAgentRequest* request,
                    v1::Agent* response) override;
  Reactor* ListAgents(Context* context, const v1::ListAgentsRequest* request,
                      v1::ListAgentsResponse* response) override;
  Reactor* BanAgent(Context* context, const v1::BanAgentRequest* request,
                    v1::Agent* response) override;
  Reactor* UnbanAgent(Context* context, const v1::UnbanAgentRequest* request,
                      v1::Agent* response) override;
  Reactor* DeleteAgent(Context* context, const v1::DeleteAgentRequest* request,
                       google::protobuf::Empty* response) override;

  Reactor* ListAgentCas(Context* context, const v1::ListAgentCasRequest* request,
                        v1::ListAgentCasResponse* response) override;
  Reactor* PrepareAgentCa(Context* context, const v1::PrepareAgentCaRequest* request,
                          v1::AgentCa* response) override;
  Reactor* ActivateAgentCa(Context* context, const v1::ActivateAgentCaRequest* request,
                           v1::AgentCa* response) override;
  Reactor* TaintAgentCa(Context* context, const v1::TaintAgentCaRequest* request,
                        v1::AgentCa* response) override;
  Reactor* RevokeAgentCa(Context* context, const v1::RevokeAgentCaRequest* request,
                         v1::AgentCa* response) override;

 private:
  // AnswerUnary for operators.
  template <class Response, class Handler>
  Reactor* Answer(Context* context, std::string_view method, Response* response, Handler handler);

  Result<v1::CreateJoinTokenResponse> CreateToken(const Caller& caller,
                                                  const v1::CreateJoinTokenRequest& request);
  // Of "agents/web-01" or a SPIFFE ID.
  Result<AgentId> AgentOf(std::string_view name) const;
  Result<void> Delete(const AgentId& id);
  Result<v1::Agent> SetState(const std::string& name, AgentState state, const std::string& reason);
  Result<v1::AgentCa> SetCaState(const std::string& name, AgentCaState state);
  Result<const identity::Enrolment*> NeedEnrolment() const;
  std::string_view trust_domain() const;

  const Deps deps_;
};

}  // namespace certbroker::rpc
