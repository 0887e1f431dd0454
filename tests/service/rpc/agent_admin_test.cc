// AgentAdminService: every call, and that it is for operators.
#include <functional>

#include "tests/service/rpc/enrolment_fixture.h"

namespace certbroker::rpc {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

template <class Request>
Request NamedBy(const std::string& name) {
  Request request;
  request.set_name(name);
  return request;
}

class AgentAdminTest : public EnrolmentTest {
 protected:
  Answer<v1::Agent> Get(const std::string& name) {
    return Admin(&AdminStub::GetAgent, NamedBy<v1::GetAgentRequest>(name));
  }
  Answer<v1::Agent> Unban(const std::string& name) {
    return Admin(&AdminStub::UnbanAgent, NamedBy<v1::UnbanAgentRequest>(name));
  }
  std::vector<v1::JoinToken> Tokens() {
    const auto list = Admin(&AdminStub::ListJoinTokens, v1::ListJoinTokensRequest()).value;
    return {list.join_tokens().begin(), list.join_tokens().end()};
  }
  std::vector<std::string> AgentNames(const v1::ListAgentsRequest& request = {}) {
    const auto list = Admin(&AdminStub::ListAgents, request).value;
    std::vector<std::string> names;
    for (const auto& agent : list.agents()) names.push_back(agent.name());
    return names;
  }
  std::vector<v1::AgentCa> Cas() {
    const auto list = Admin(&AdminStub::ListAgentCas, v1::ListAgentCasRequest()).value;
    return {list.agent_cas().begin(), list.agent_cas().end()};
  }
};

TEST_F(AgentAdminTest, IsForOperatorsOnly) {
  const TestClient agent = ClientOf(Join());
  const std::function<grpc::Status()> calls[] = {
      [&] { return AdminAs(agent, &AdminStub::CreateJoinToken, TokenRequest()).status; },
      [&] { return AdminAs(agent, &AdminStub::ListJoinTokens, {}).status; },
      [&] { return AdminAs(agent, &AdminStub::DeleteJoinToken, {}).status; },
      [&] { return AdminAs(agent, &AdminStub::GetAgent, {}).status; },
      [&] { return AdminAs(agent, &AdminStub::ListAgents, {}).status; },
      [&] { return AdminAs(agent, &AdminStub::BanAgent, {}).status; },
      [&] { return AdminAs(agent, &AdminStub::UnbanAgent, {}).status; },
      [&] { return AdminAs(agent, &AdminStub::DeleteAgent, {}).status; },
      [&] { return AdminAs(agent, &AdminStub::ListAgentCas, {}).status; },
      [&] { return AdminAs(agent, &AdminStub::PrepareAgentCa, {}).status; },
      [&] { return AdminAs(agent, &AdminStub::ActivateAgentCa, {}).status; },
      [&] { return AdminAs(agent, &AdminStub::TaintAgentCa, {}).status; },
      [&] { return AdminAs(agent, &AdminStub::RevokeAgentCa, {}).status; },
  };
  // One for each that there is.
  EXPECT_EQ(static_cast<int>(std::size(calls)),
            v1::JoinToken::descriptor()->file()->service(0)->method_count());
  for (const auto& call : calls) EXPECT_THAT(call(), IsRefusal(Reason::kOperatorOnly));
  EXPECT_EQ(Cas().size(), 1U);
}

TEST_F(AgentAdminTest, ATokenSaysWhatBelongsIntoItsLine) {
  const auto created = Admin(&AdminStub::CreateJoinToken, TokenRequest());

  ASSERT_THAT(created.status, IsAnswered());
  const v1::JoinToken& token = created.value.join_token();
  EXPECT_THAT(token.name(), ::testing::StartsWith("joinTokens/"));
  EXPECT_EQ(token.agent(), kWeb01);
  EXPECT_EQ(token.expire_time().seconds() - token.create_time().seconds(), 3600);
  EXPECT_FALSE(token.has_use_time());
  EXPECT_THAT(created.value.addresses(), ElementsAre("broker.example.org:8443"));
  EXPECT_EQ(created.value.server_ca_sha256(), std::string(32, '\xca'));
}

TEST_F(AgentAdminTest, ARepeatedRequestIsOneToken) {
  v1::CreateJoinTokenRequest request = TokenRequest();
  const auto first = Admin(&AdminStub::CreateJoinToken, request);

  const auto again = Admin(&AdminStub::CreateJoinToken, request);
  EXPECT_EQ(again.value.join_token().name(), first.value.join_token().name());
  EXPECT_EQ(Tokens().size(), 1U);
  request.set_ttl_seconds(60);
  EXPECT_THAT(Admin(&AdminStub::CreateJoinToken, request).status,
              IsRefusal(Reason::kDuplicateRequestId));
}

TEST_F(AgentAdminTest, ATokenIsForAnAgentOfTheTrustDomain) {
  for (const char* agent :
       {"", "web 01", "spiffe://other.example/agent/web-01", "spiffe://example.org/host/web-01"}) {
    const auto refused = Admin(&AdminStub::CreateJoinToken, TokenRequest(agent));
    EXPECT_THAT(refused.status, IsRefusal(Reason::kInvalidArgument)) << agent;
    EXPECT_THAT(FieldsOf(refused.status), ElementsAre("agent")) << agent;
  }
  EXPECT_EQ(Admin(&AdminStub::CreateJoinToken, TokenRequest(kWeb02)).value.join_token().agent(),
            kWeb02);
}

TEST_F(AgentAdminTest, RefusesSecretsLifetimesAndIdsThatAreNone) {
  for (const std::int64_t ttl : {-1L, 59L, 2'592'001L}) {
    v1::CreateJoinTokenRequest request = TokenRequest();
    request.set_ttl_seconds(ttl);
    EXPECT_THAT(FieldsOf(Admin(&AdminStub::CreateJoinToken, request).status),
                ElementsAre("ttl_seconds"));
  }
  v1::CreateJoinTokenRequest request = TokenRequest();
  request.set_secret_sha256("short");
  EXPECT_THAT(FieldsOf(Admin(&AdminStub::CreateJoinToken, request).status),
              ElementsAre("secret_sha256"));
  request = TokenRequest();
  request.clear_request_id();
  EXPECT_THAT(FieldsOf(Admin(&AdminStub::CreateJoinToken, request).status),
              ElementsAre("request_id"));
  EXPECT_THAT(Tokens(), IsEmpty());
}

TEST_F(AgentAdminTest, ThereIsNoTokenForABannedAgent) {
  ASSERT_THAT(Ban("web-01", "stolen").status, IsAnswered());

  EXPECT_THAT(Admin(&AdminStub::CreateJoinToken, TokenRequest()).status,
              IsRefusal(Reason::kAgentBanned));
}

TEST_F(AgentAdminTest, TokensAreListedNewestFirstAndSayWhetherTheyWereUsed) {
  Join("web-01");
  clock().Advance(std::chrono::seconds{1});
  Token("web-02");

  const auto tokens = Tokens();
  ASSERT_EQ(tokens.size(), 2U);
  EXPECT_EQ(tokens[0].agent(), kWeb02);
  EXPECT_FALSE(tokens[0].has_use_time());
  EXPECT_TRUE(tokens[1].has_use_time());
  v1::ListJoinTokensRequest one;
  one.set_page_size(1);
  const auto page = Admin(&AdminStub::ListJoinTokens, one);
  EXPECT_EQ(page.value.join_tokens_size(), 1);
  one.set_page_token(page.value.next_page_token());
  EXPECT_EQ(Admin(&AdminStub::ListJoinTokens, one).value.join_tokens(0).agent(), kWeb01);
  one.set_page_size(1001);
  EXPECT_THAT(Admin(&AdminStub::ListJoinTokens, one).status, IsRefusal(Reason::kInvalidArgument));
}

TEST_F(AgentAdminTest, NobodyGetsInWithADeletedToken) {
  const std::string token = Token();
  const auto name = NamedBy<v1::DeleteJoinTokenRequest>("joinTokens/" + token);

  EXPECT_THAT(Admin(&AdminStub::DeleteJoinToken, name).status, IsAnswered());

  EXPECT_THAT(Enroll(token).status, IsRefusal(Reason::kJoinTokenInvalid));
  EXPECT_THAT(Admin(&AdminStub::DeleteJoinToken, name).status, IsRefusal(Reason::kNotFound));
  EXPECT_THAT(
      Admin(&AdminStub::DeleteJoinToken, NamedBy<v1::DeleteJoinTokenRequest>("orders/x")).status,
      IsRefusal(Reason::kInvalidArgument));
}

TEST_F(AgentAdminTest, AnAgentIsFoundByEveryFormOfItsName) {
  const Host host = Join();

  for (const char* name : {"agents/web-01", "web-01", kWeb01}) {
    const auto agent = Get(name);
    ASSERT_THAT(agent.status, IsAnswered()) << name;
    EXPECT_EQ(agent.value.name(), "agents/web-01");
    EXPECT_EQ(agent.value.spiffe_id(), kWeb01);
    EXPECT_EQ(agent.value.state(), v1::Agent::ACTIVE);
    EXPECT_TRUE(agent.value.has_join_time());
    EXPECT_EQ(agent.value.identity_expire_time().seconds(), host.identity.expire_time().seconds());
  }
  EXPECT_THAT(Get("agents/web-02").status, IsRefusal(Reason::kNotFound));
  EXPECT_THAT(Get("agents/").status, IsRefusal(Reason::kInvalidArgument));
}

TEST_F(AgentAdminTest, AgentsAreListedByNameInPages) {
  Join("web-02");
  Join("web-01");
  ASSERT_THAT(Ban("spiffe://other.example/agent/x", "").status, IsAnswered());

  EXPECT_THAT(AgentNames(), ElementsAre("agents/web-01", "agents/web-02",
                                        "agents/spiffe://other.example/agent/x"));
  v1::ListAgentsRequest one;
  one.set_page_size(1);
  one.set_page_token(Admin(&AdminStub::ListAgents, one).value.next_page_token());
  EXPECT_THAT(AgentNames(one), ElementsAre("agents/web-02"));
}

TEST_F(AgentAdminTest, ABannedAgentIsToldWhyUntilItIsUnbanned) {
  const Host host = Join();

  const auto banned = Ban("web-01", "lost laptop");
  EXPECT_EQ(banned.value.state(), v1::Agent::BANNED);
  EXPECT_EQ(banned.value.ban_reason(), "lost laptop");
  const grpc::Status refused = Ask(ClientOf(host));
  EXPECT_THAT(refused, IsRefusal(Reason::kAgentBanned));
  EXPECT_THAT(refused.error_message(), HasSubstr("lost laptop"));
  EXPECT_THAT(Renew(ClientOf(host)).status, IsRefusal(Reason::kAgentBanned));

  EXPECT_EQ(Unban("agents/web-01").value.state(), v1::Agent::ACTIVE);
  EXPECT_THAT(Ask(ClientOf(host)), IsAnswered());
  EXPECT_THAT(Unban("web-02").status, IsRefusal(Reason::kNotFound));
  EXPECT_THAT(Ban("web-01", std::string(201, 'x')).status, IsRefusal(Reason::kInvalidArgument));
}

TEST_F(AgentAdminTest, AnAgentOfTheOperatorsCaIsBannedAndNotDeletedWhileItIs) {
  const TestClient agent = Agent();
  ASSERT_THAT(Ask(agent), IsAnswered());
  ASSERT_THAT(Ban(kWeb01, "").status, IsAnswered());
  EXPECT_THAT(Ask(agent), IsRefusal(Reason::kAgentBanned));

  const grpc::Status refused = Delete("web-01");

  EXPECT_THAT(refused, IsRefusal(Reason::kInvalidArgument));
  EXPECT_THAT(refused.error_message(), HasSubstr("certbroker agents unban"));
  EXPECT_THAT(Ask(agent), IsRefusal(Reason::kAgentBanned));
  ASSERT_THAT(Unban("web-01").status, IsAnswered());
  EXPECT_THAT(Delete("web-01"), IsAnswered());
  EXPECT_THAT(Ask(agent), IsAnswered());
}

TEST_F(AgentAdminTest, ABannedAgentThatHasJoinedMayBeDeleted) {
  const Host host = Join();
  ASSERT_THAT(Ban("web-01", "").status, IsAnswered());

  EXPECT_THAT(Delete("web-01"), IsAnswered());

  EXPECT_THAT(Ask(ClientOf(host)), IsRefusal(Reason::kAgentNotEnrolled));
  EXPECT_THAT(AgentNames(), IsEmpty());
  EXPECT_THAT(Delete("web-01"), IsRefusal(Reason::kNotFound));
}

TEST_F(AgentAdminTest, DeletingAnAgentEndsItsTokens) {
  Join();
  const std::string token = Token();

  ASSERT_THAT(Delete("web-01"), IsAnswered());

  EXPECT_THAT(Enroll(token).status, IsRefusal(Reason::kJoinTokenInvalid));
}

TEST_F(AgentAdminTest, AgentCasGoThroughTheirLife) {
  const auto first = Cas();
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].name(), first_ca());
  EXPECT_EQ(first[0].state(), v1::AgentCa::ACTIVE);
  EXPECT_EQ(first[0].key_uri(), kFirstCaKey);
  EXPECT_EQ(first[0].certificate_sha256().size(), 32U);
  EXPECT_THAT(RevokeFirstCa().status, IsRefusal(Reason::kAgentCaStateConflict));

  const std::string second = ActivateSecondCa();
  EXPECT_EQ(Cas().at(0).state(), v1::AgentCa::RETIRED);
  EXPECT_EQ(Cas().at(1).name(), second);
  EXPECT_EQ(Cas().at(1).state(), v1::AgentCa::ACTIVE);
  EXPECT_EQ(TaintFirstCa().value.state(), v1::AgentCa::TAINTED);
  EXPECT_EQ(RevokeFirstCa().value.state(), v1::AgentCa::REVOKED);
  EXPECT_THAT(
      Admin(&AdminStub::ActivateAgentCa, NamedBy<v1::ActivateAgentCaRequest>(first_ca())).status,
      IsRefusal(Reason::kAgentCaStateConflict));
}

TEST_F(AgentAdminTest, PreparingNeedsAKeyOfItsOwn) {
  v1::PrepareAgentCaRequest request;
  EXPECT_THAT(FieldsOf(Admin(&AdminStub::PrepareAgentCa, request).status), ElementsAre("key_uri"));
  request.set_key_uri(kSecondCaKey);
  EXPECT_THAT(Admin(&AdminStub::PrepareAgentCa, request).status, IsRefusal(Reason::kHsmKeyMissing));
  request.set_key_uri(kFirstCaKey);
  EXPECT_THAT(Admin(&AdminStub::PrepareAgentCa, request).status, IsRefusal(Reason::kAlreadyExists));
  EXPECT_THAT(Admin(&AdminStub::TaintAgentCa,
                    NamedBy<v1::TaintAgentCaRequest>("agentCas/" + NewRequestId()))
                  .status,
              IsRefusal(Reason::kNotFound));
}

TEST_F(AgentAdminTest, AServiceWithoutAnAgentCaBansAllTheSame) {
  RestartWithoutIdentities();

  EXPECT_THAT(Admin(&AdminStub::CreateJoinToken, TokenRequest()).status,
              IsRefusal(Reason::kConfigInvalid));
  EXPECT_THAT(Admin(&AdminStub::PrepareAgentCa, {}).status, IsRefusal(Reason::kConfigInvalid));
  EXPECT_THAT(TaintFirstCa().status, IsRefusal(Reason::kConfigInvalid));
  EXPECT_THAT(Ban(kWeb01, "").status, IsAnswered());
  EXPECT_THAT(Ban("web-01", "").status, IsRefusal(Reason::kInvalidArgument));
  EXPECT_THAT(Ask(Agent()), IsRefusal(Reason::kAgentBanned));
}

TEST_F(AgentAdminTest, WhatOperatorsDidIsInTheLog) {
  Join();
  Ban("web-01", "stolen");
  Delete("web-01");

  EXPECT_THAT(log().lines(), Contains(HasSubstr("agent_state agent=" + std::string(kWeb01))));
  EXPECT_THAT(log().lines(), Contains(HasSubstr("agent_removed")));
}

}  // namespace
}  // namespace certbroker::rpc
