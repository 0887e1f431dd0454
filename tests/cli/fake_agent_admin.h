// tests/cli/fake_agent_admin.h: the AgentAdminService of FakeService.
#pragma once

#include <vector>

#include <grpcpp/grpcpp.h>

#include "certbroker/v1/agent_admin.grpc.pb.h"

namespace certbroker::cli {

struct FakeAgentAdmin final : v1::AgentAdminService::Service {
  using Context = grpc::ServerContext;

  grpc::Status CreateJoinToken(Context*, const v1::CreateJoinTokenRequest* request,
                               v1::CreateJoinTokenResponse* response) override {
    create_requests.push_back(*request);
    *response = created;
    return status;
  }
  grpc::Status ListJoinTokens(Context*, const v1::ListJoinTokensRequest*,
                              v1::ListJoinTokensResponse* response) override {
    *response = tokens;
    return status;
  }
  grpc::Status DeleteJoinToken(Context*, const v1::DeleteJoinTokenRequest* request,
                               google::protobuf::Empty*) override {
    return Named("DeleteJoinToken", request->name());
  }
  grpc::Status ListAgents(Context*, const v1::ListAgentsRequest* request,
                          v1::ListAgentsResponse* response) override {
    agent_pages_asked.push_back(request->page_token());
    *response = agent_pages.at(agent_pages_asked.size() - 1);
    return status;
  }
  grpc::Status GetAgent(Context*, const v1::GetAgentRequest* request,
                        v1::Agent* response) override {
    *response = agent;
    return Named("GetAgent", request->name());
  }
  grpc::Status BanAgent(Context*, const v1::BanAgentRequest* request,
                        v1::Agent* response) override {
    *response = agent;
    ban_reason = request->reason();
    return Named("BanAgent", request->name());
  }
  grpc::Status UnbanAgent(Context*, const v1::UnbanAgentRequest* request,
                          v1::Agent* response) override {
    *response = agent;
    return Named("UnbanAgent", request->name());
  }
  grpc::Status DeleteAgent(Context*, const v1::DeleteAgentRequest* request,
                           google::protobuf::Empty*) override {
    return Named("DeleteAgent", request->name());
  }
  grpc::Status ListAgentCas(Context*, const v1::ListAgentCasRequest*,
                            v1::ListAgentCasResponse* response) override {
    *response->add_agent_cas() = ca;
    return status;
  }
  grpc::Status PrepareAgentCa(Context*, const v1::PrepareAgentCaRequest* request,
                              v1::AgentCa* response) override {
    *response = ca;
    return Named("PrepareAgentCa", request->key_uri());
  }
  grpc::Status ActivateAgentCa(Context*, const v1::ActivateAgentCaRequest* request,
                               v1::AgentCa* response) override {
    *response = ca;
    return Named("ActivateAgentCa", request->name());
  }
  grpc::Status TaintAgentCa(Context*, const v1::TaintAgentCaRequest* request,
                            v1::AgentCa* response) override {
    *response = ca;
    return Named("TaintAgentCa", request->name());
  }
  grpc::Status RevokeAgentCa(Context*, const v1::RevokeAgentCaRequest* request,
                             v1::AgentCa* response) override {
    *response = ca;
    return Named("RevokeAgentCa", request->name());
  }

  std::vector<v1::CreateJoinTokenRequest> create_requests;
  v1::CreateJoinTokenResponse created;
  v1::ListJoinTokensResponse tokens;
  std::vector<v1::ListAgentsResponse> agent_pages;
  std::vector<std::string> agent_pages_asked;
  v1::Agent agent;
  std::string ban_reason;
  v1::AgentCa ca;
  std::vector<std::string> calls;  // "BanAgent agents/web-01"
  grpc::Status status;

 private:
  grpc::Status Named(const std::string& method, const std::string& name) {
    calls.push_back(method + " " + name);
    return status;
  }
};

}  // namespace certbroker::cli
