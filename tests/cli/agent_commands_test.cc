// `certbroker tokens`, `agents` and `admin agent-cas`, as their user runs them.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "client/join_token.h"
#include "pki/digest.h"
#include "tests/cli/fake_service.h"
#include "tests/cli/messages.h"
#include "tests/support/result_matchers.h"
#include "tests/support/run_program.h"

namespace certbroker::cli {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kId = "0190f3a4-5b6c-7d8e-9f00-112233445566";
constexpr std::string_view kJoinCommand = "certbroker-agent join ";

class AgentCommandsTest : public ::testing::Test {
 protected:
  AgentCommandsTest() {
    service_.agents.created = Parsed<v1::CreateJoinTokenResponse>(
        R"(join_token { name: "joinTokens/0190f3a4-5b6c-7d8e-9f00-112233445566"
                        agent: "spiffe://example.org/agent/web-01"
                        create_time { seconds: 4102444800 } expire_time { seconds: 4102448400 } }
           addresses: "broker.test:8443" addresses: "[::1]:8443")");
    service_.agents.created.set_server_ca_sha256(std::string(32, 's'));
    service_.agents.agent = Parsed<v1::Agent>(
        R"(name: "agents/web-01" spiffe_id: "spiffe://example.org/agent/web-01" state: BANNED
           ban_reason: "lost\033[1m laptop" create_time { seconds: 1795246200 })");
    service_.agents.ca = Parsed<v1::AgentCa>(
        R"(name: "agentCas/0190f3a4-5b6c-7d8e-9f00-112233445566" state: PREPARED
           key_uri: "pkcs11:token=t;object=agent-ca%2Fv2" certificate_sha256: "\253"
           create_time { seconds: 1795246200 } expire_time { seconds: 4102444800 })");
  }

  ProgramResult Run(const std::vector<std::string>& arguments) const {
    return RunProgram(CERTBROKER_PROGRAM, arguments,
                      {.environment = {{"CERTBROKER_OPERATOR", service_.address()}}});
  }

  FakeService service_;
};

TEST_F(AgentCommandsTest, TokensCreatePrintsOneLineToPasteAndTheFactsBesideIt) {
  const ProgramResult result = Run({"tokens", "create", "--agent", "web-01"});

  ASSERT_EQ(result.exit_code, 0) << result;
  EXPECT_EQ(std::ranges::count(result.out, '\n'), 1);
  ASSERT_THAT(result.out, StartsWith(std::string(kJoinCommand) + "CBJ1."));
  const auto line = client::ParseJoinLine(result.out.substr(kJoinCommand.size()));
  ASSERT_THAT(line, IsOk());
  EXPECT_THAT(line->addresses, ElementsAre("broker.test:8443", "[::1]:8443"));
  EXPECT_EQ(AsText(line->ca_sha256), std::string(32, 's'));
  EXPECT_EQ(line->id.ToString(), kId);
  EXPECT_EQ(line->expire_time, Time(std::chrono::seconds{4'102'448'400}));
  EXPECT_THAT(result.err, AllOf(HasSubstr("spiffe://example.org/agent/web-01"),
                                HasSubstr("2100-01-01T01:00:00Z"),
                                HasSubstr("broker.test:8443, [::1]:8443"), Not(HasSubstr("CBJ1"))));
}

TEST_F(AgentCommandsTest, TheSecretNeverLeavesTheProgramButOnTheLine) {
  const ProgramResult result = Run({"tokens", "create", "--agent", "web-01", "--ttl", "2d"});

  ASSERT_EQ(result.exit_code, 0) << result;
  const auto line = client::ParseJoinLine(result.out.substr(kJoinCommand.size()));
  ASSERT_THAT(line, IsOk());
  ASSERT_EQ(service_.agents.create_requests.size(), 1U);
  const auto& request = service_.agents.create_requests[0];
  EXPECT_EQ(request.agent(), "web-01");
  EXPECT_EQ(request.ttl_seconds(), 2 * 24 * 3600);
  EXPECT_EQ(request.request_id().size(), 36U);
  EXPECT_EQ(request.secret_sha256(), AsText(pki::Sha256(AsBytes(line->secret.ExposeForUse()))));
}

TEST_F(AgentCommandsTest, EveryTokenHasASecretOfItsOwn) {
  ASSERT_EQ(Run({"tokens", "create", "--agent", "web-01"}).exit_code, 0);
  ASSERT_EQ(Run({"tokens", "create", "--agent", "web-01"}).exit_code, 0);

  ASSERT_EQ(service_.agents.create_requests.size(), 2U);
  EXPECT_NE(service_.agents.create_requests[0].secret_sha256(),
            service_.agents.create_requests[1].secret_sha256());
}

TEST_F(AgentCommandsTest, TokensCreateAsJsonHasTheTokenAndTheLine) {
  const ProgramResult result = Run({"tokens", "create", "--agent", "agents/web-01", "-o", "json"});

  ASSERT_EQ(result.exit_code, 0) << result;
  const json answer = json::parse(result.out);
  EXPECT_EQ(answer["join_token"]["name"], "joinTokens/" + std::string(kId));
  EXPECT_THAT(client::ParseJoinLine(answer["token"].get<std::string>()), IsOk());
  EXPECT_EQ(service_.agents.create_requests.at(0).agent(), "web-01");
}

TEST_F(AgentCommandsTest, TokensCreateTakesTheWholeSpiffeId) {
  ASSERT_EQ(Run({"tokens", "create", "--agent", "spiffe://example.org/agent/web-01"}).exit_code, 0);

  EXPECT_EQ(service_.agents.create_requests.at(0).agent(), "spiffe://example.org/agent/web-01");
}

TEST_F(AgentCommandsTest, ALifetimeThatNoTokenHasIsWrongUse) {
  for (const char* ttl : {"59s", "31d", "1", "1y", "-1h", "99999999999999999999d", ""}) {
    EXPECT_EQ(Run({"tokens", "create", "--agent", "web-01", "--ttl", ttl}).exit_code, 2) << ttl;
  }
  EXPECT_EQ(Run({"tokens", "create"}).exit_code, 2);
  EXPECT_EQ(service_.agents.create_requests.size(), 0U);
  EXPECT_EQ(Run({"tokens", "create", "--agent", "web-01", "--ttl", "90m"}).exit_code, 0);
  EXPECT_EQ(service_.agents.create_requests.at(0).ttl_seconds(), 5400);
}

TEST_F(AgentCommandsTest, ARefusedTokenPrintsNoLine) {
  service_.agents.status = {grpc::StatusCode::FAILED_PRECONDITION, "add [identity]"};

  const ProgramResult result = Run({"tokens", "create", "--agent", "web-01"});

  EXPECT_EQ(result.exit_code, 1) << result;
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("add [identity]"));
}

TEST_F(AgentCommandsTest, TokensAreListedAndDeleted) {
  service_.agents.tokens = Parsed<v1::ListJoinTokensResponse>(
      R"(join_tokens { name: "joinTokens/1" agent: "spiffe://example.org/agent/web-01"
                       create_time { seconds: 1795246200 } expire_time { seconds: 4102444800 } })");

  EXPECT_THAT(Run({"tokens", "list"}).out, HasSubstr("\n1      OPEN   spiffe://example.org/agent"));
  EXPECT_EQ(json::parse(Run({"tokens", "list", "-o", "json"}).out)["join_tokens"][0]["name"],
            "joinTokens/1");
  EXPECT_THAT(Run({"tokens", "delete", "1"}).out, HasSubstr("joinTokens/1"));
  EXPECT_EQ(Run({"tokens", "delete", "joinTokens/1", "-o", "json"}).out, "{}\n");
  EXPECT_THAT(service_.agents.calls,
              ElementsAre("DeleteJoinToken joinTokens/1", "DeleteJoinToken joinTokens/1"));
}

TEST_F(AgentCommandsTest, AgentsListFollowsPages) {
  service_.agents.agent_pages = {
      Parsed<v1::ListAgentsResponse>(
          R"(agents { name: "agents/web-01" state: ACTIVE } next_page_token: "t")"),
      Parsed<v1::ListAgentsResponse>(R"(agents { name: "agents/web-02" state: BANNED })")};

  const ProgramResult result = Run({"agents", "list"});

  ASSERT_EQ(result.exit_code, 0) << result;
  EXPECT_THAT(result.out, AllOf(HasSubstr("\nweb-01  ACTIVE"), HasSubstr("\nweb-02  BANNED")));
  EXPECT_THAT(service_.agents.agent_pages_asked, ElementsAre("", "t"));
}

TEST_F(AgentCommandsTest, AnAgentIsNamedInThreeWays) {
  EXPECT_EQ(Run({"agents", "get", "web-01"}).exit_code, 0);
  EXPECT_EQ(Run({"agents", "unban", "agents/web-01"}).exit_code, 0);
  EXPECT_EQ(Run({"agents", "delete", "spiffe://example.org/agent/web-01"}).exit_code, 0);

  EXPECT_THAT(service_.agents.calls,
              ElementsAre("GetAgent agents/web-01", "UnbanAgent agents/web-01",
                          "DeleteAgent spiffe://example.org/agent/web-01"));
}

TEST_F(AgentCommandsTest, ABanTellsItsReason) {
  const ProgramResult result = Run({"agents", "ban", "web-01", "--reason", "lost laptop"});

  ASSERT_EQ(result.exit_code, 0) << result;
  EXPECT_EQ(service_.agents.ban_reason, "lost laptop");
  EXPECT_THAT(result.out, AllOf(HasSubstr("BANNED"), HasSubstr("lost?[1m laptop")));
  EXPECT_EQ(json::parse(Run({"agents", "ban", "web-01", "-o", "json"}).out)["state"], "BANNED");
}

TEST_F(AgentCommandsTest, WhyAnAgentIsNotDeletedIsTold) {
  service_.agents.status = {grpc::StatusCode::INVALID_ARGUMENT, "would get in again"};

  const ProgramResult result = Run({"agents", "delete", "web-01"});

  EXPECT_EQ(result.exit_code, 1) << result;
  EXPECT_THAT(result.err, HasSubstr("would get in again"));
}

TEST_F(AgentCommandsTest, AgentCasGoThroughTheirLife) {
  const ProgramResult prepared =
      Run({"admin", "agent-cas", "prepare", "--key", "pkcs11:token=t;object=agent-ca%2Fv2"});
  ASSERT_EQ(prepared.exit_code, 0) << prepared;
  EXPECT_THAT(prepared.out, HasSubstr("certbroker admin agent-cas activate " + std::string(kId)));
  EXPECT_EQ(Run({"admin", "agent-cas", "activate", "1"}).exit_code, 0);
  EXPECT_EQ(Run({"admin", "agent-cas", "taint", "agentCas/1"}).exit_code, 0);
  EXPECT_EQ(Run({"admin", "agent-cas", "revoke", "1"}).exit_code, 0);

  EXPECT_THAT(service_.agents.calls,
              ElementsAre("PrepareAgentCa pkcs11:token=t;object=agent-ca%2Fv2",
                          "ActivateAgentCa agentCas/1", "TaintAgentCa agentCas/1",
                          "RevokeAgentCa agentCas/1"));
}

TEST_F(AgentCommandsTest, AgentCasAreListed) {
  EXPECT_THAT(Run({"admin", "agent-cas", "list"}).out,
              AllOf(HasSubstr(std::string(kId) + "  PREPARED"), HasSubstr("  ab\n")));
  const json list = json::parse(Run({"admin", "agent-cas", "list", "-o", "json"}).out);
  EXPECT_EQ(list["agent_cas"][0]["state"], "PREPARED");
}

TEST_F(AgentCommandsTest, AVerbOrNameThatIsMissingIsWrongUse) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"tokens"},
                                             {"agents"},
                                             {"agents", "ban"},
                                             {"admin"},
                                             {"admin", "agent-cas"},
                                             {"admin", "agent-cas", "prepare"},
                                             {"admin", "agent-cas", "revoke"}}) {
    EXPECT_EQ(Run(arguments).exit_code, 2) << arguments.back();
  }
  EXPECT_THAT(service_.agents.calls, ElementsAre());
}

}  // namespace
}  // namespace certbroker::cli
