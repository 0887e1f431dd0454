// Agents, join tokens and agent CAs as operators see them.
#include "cli/agent_text.h"

#include "cli/agent_ca_text.h"
#include "cli/join_token_text.h"
#include "tests/cli/messages.h"

namespace certbroker::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(JoinTokensTextTest, SaysWhichLetSomebodyIn) {
  const auto list = Parsed<v1::ListJoinTokensResponse>(R"(
    join_tokens { name: "joinTokens/1" agent: "spiffe://e/agent/a" create_time { seconds: 1795246140 }
                  expire_time { seconds: 1795246201 } }
    join_tokens { name: "joinTokens/2" agent: "spiffe://e/agent/b" create_time { seconds: 1795246140 }
                  expire_time { seconds: 1795246200 } }
    join_tokens { name: "joinTokens/3" agent: "spiffe://e/agent/c" create_time { seconds: 1795246140 }
                  expire_time { seconds: 1795246200 } use_time { seconds: 1795246190 } })");

  EXPECT_THAT(JoinTokensText(list, kNow),
              AllOf(HasSubstr("\n1      OPEN     spiffe://e/agent/a"),
                    HasSubstr("\n2      EXPIRED  spiffe://e/agent/b"),
                    HasSubstr("\n3      USED     spiffe://e/agent/c"), HasSubstr("(10 s ago)\n")));
  EXPECT_THAT(JoinTokensText({}, kNow), HasSubstr("certbroker tokens create"));
}

TEST(AgentsTextTest, TellsWhoIsBannedAndWhy) {
  const auto list = Parsed<v1::ListAgentsResponse>(R"(
    agents { name: "agents/web-01" state: ACTIVE join_time { seconds: 1795246140 }
             identity_expire_time { seconds: 1795332600 } }
    agents { name: "agents/spiffe://other/agent/x" state: BANNED ban_reason: "stolen\n" })");

  EXPECT_THAT(AgentsText(list, kNow),
              AllOf(HasSubstr("\nweb-01"), HasSubstr("2026-11-22T07:30:00Z (in 24 h)"),
                    HasSubstr("\nspiffe://other/agent/x  BANNED"), HasSubstr("never with a token"),
                    HasSubstr("stolen?\n")));
  EXPECT_THAT(AgentsText({}, kNow), HasSubstr("certbroker tokens create"));
}

TEST(AgentsTextTest, ShowsOneAgent) {
  const auto agent = Parsed<v1::Agent>(R"(
    name: "agents/web-01" spiffe_id: "spiffe://example.org/agent/web-01" state: BANNED
    ban_reason: "lost" create_time { seconds: 1795246200 } join_time { seconds: 1795246200 }
    identity_expire_time { seconds: 1795332600 })");

  EXPECT_EQ(AgentText(agent, kNow),
            "Agent             agents/web-01\n"
            "SPIFFE ID         spiffe://example.org/agent/web-01\n"
            "State             BANNED\n"
            "Banned because    lost\n"
            "Created           2026-11-21T07:30:00Z (now)\n"
            "Joined            2026-11-21T07:30:00Z (now)\n"
            "Identity expires  2026-11-22T07:30:00Z (in 24 h)\n");
}

TEST(AgentsTextTest, SaysThatAnAgentHasNoIdentityOfTheServicesOwn) {
  EXPECT_THAT(AgentText(v1::Agent(), kNow),
              AllOf(HasSubstr("none by the service's own CA"), Not(HasSubstr("Joined"))));
}

TEST(AgentCasTextTest, EveryStateSaysWhatComesNext) {
  const struct {
    v1::AgentCa::State state;
    std::string_view want;
  } kCases[] = {
      {v1::AgentCa::PREPARED, "agent-cas activate 1\n"},
      {v1::AgentCa::ACTIVE, "signs all identities"},
      {v1::AgentCa::RETIRED, "agent-cas taint 1\n"},
      {v1::AgentCa::TAINTED, "agent-cas revoke 1\n"},
      {v1::AgentCa::REVOKED, "certbroker tokens create"},
  };
  for (const auto& c : kCases) {
    v1::AgentCa ca;
    ca.set_name("agentCas/1");
    ca.set_state(c.state);
    EXPECT_THAT(AgentCaText(ca, kNow),
                AllOf(HasSubstr(v1::AgentCa::State_Name(c.state)), HasSubstr(std::string(c.want))));
  }
}

TEST(AgentCasTextTest, SaysWhyThereAreNone) {
  EXPECT_THAT(AgentCasText({}, kNow), HasSubstr("[identity]"));
}

}  // namespace
}  // namespace certbroker::cli
