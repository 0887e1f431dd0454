#include "tests/integration/agent_admin.h"

#include <gtest/gtest.h>

#include "client/channel.h"
#include "client/join_token.h"
#include "core/clock.h"
#include "core/random.h"
#include "pki/digest.h"

namespace certbroker {
namespace {

constexpr std::chrono::seconds kLimit{20};

template <class Request, class Response>
Response Ask(v1::AgentAdminService::Stub& service,
             grpc::Status (v1::AgentAdminService::Stub::*method)(grpc::ClientContext*,
                                                                 const Request&, Response*),
             const Request& request) {
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  context.set_deadline(std::chrono::system_clock::now() + kLimit);
  Response response;
  const grpc::Status status = (service.*method)(&context, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response;
}

}  // namespace

AgentAdmin::AgentAdmin(const DevStack& stack) {
  client::PrepareProcess();
  const auto channel = client::ConnectLocal(stack.Text("/operator/address"));
  EXPECT_TRUE(channel.has_value()) << channel.error().detail();
  if (channel) service_ = v1::AgentAdminService::NewStub(*channel);
}

std::string AgentAdmin::CreateToken(const std::string& agent) const {
  SystemClock clock;
  SystemRandom random;
  Bytes secret(client::kJoinSecretOctets);
  random.Fill(secret);
  v1::CreateJoinTokenRequest request;
  request.set_request_id(Uuid::V7(clock.Now(), random).ToString());
  request.set_agent(agent);
  request.set_secret_sha256(std::string(AsText(pki::Sha256(secret))));
  const auto made = Ask(*service_, &v1::AgentAdminService::Stub::CreateJoinToken, request);
  const std::string name = made.join_token().name();
  const auto id = JoinTokenId::Parse(name.substr(name.find('/') + 1));
  EXPECT_TRUE(id.has_value()) << name;
  if (!id) return {};
  const auto line = client::ComposeJoinLine(
      {.addresses = {made.addresses().begin(), made.addresses().end()},
       .ca_sha256 = ToBytes(AsBytes(made.server_ca_sha256())),
       .id = *id,
       .secret = Secret(std::string(AsText(secret))),
       .expire_time = Time{std::chrono::seconds{made.join_token().expire_time().seconds()}}});
  EXPECT_TRUE(line.has_value());
  return line ? std::string(line->ExposeForUse()) : std::string();
}

void AgentAdmin::Ban(const std::string& agent, const std::string& reason) const {
  v1::BanAgentRequest request;
  request.set_name(agent);
  request.set_reason(reason);
  Ask(*service_, &v1::AgentAdminService::Stub::BanAgent, request);
}

void AgentAdmin::Unban(const std::string& agent) const {
  v1::UnbanAgentRequest request;
  request.set_name(agent);
  Ask(*service_, &v1::AgentAdminService::Stub::UnbanAgent, request);
}

void AgentAdmin::Delete(const std::string& agent) const {
  v1::DeleteAgentRequest request;
  request.set_name(agent);
  Ask(*service_, &v1::AgentAdminService::Stub::DeleteAgent, request);
}

}  // namespace certbroker
