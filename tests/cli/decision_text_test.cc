#include "cli/decision_text.h"

#include "tests/cli/messages.h"

namespace certbroker::cli {
namespace {

TEST(DecisionTextTest, SaysByWhichRuleAndHowEachNameCouldBeProven) {
  EXPECT_EQ(DecisionText(Parsed<v1::Decision>(R"(
              agent: "spiffe://example.org/agent/web-01" allowed: true policy_version: "7"
              rules { rule: "db" outcome: NOT_THE_NAMES because: "does not grant a.test" }
              rules { rule: "web" outcome: GRANTS because: "grants 1 name" }
              other_rules: 12 rule: "web" issuer: "issuers/le"
              proofs { identifier: "a.test" ways { challenge_type: "http-01" solver: "agent" }
                ways { challenge_type: "dns-01" solver: "corp-dns" } })")),
            "ALLOWED to spiffe://example.org/agent/web-01 by rule web, policy 7\n"
            "  from issuers/le, profile: the CA's default\n"
            "\n"
            "RULE  OUTCOME        BECAUSE\n"
            "db    NOT_THE_NAMES  does not grant a.test\n"
            "web   GRANTS         grants 1 name\n"
            "12 other rules do not name this agent.\n"
            "\n"
            "NAME    PROVEN BY\n"
            "a.test  http-01 (agent), dns-01 (corp-dns)\n");
}

TEST(DecisionTextTest, SaysWhyNot) {
  EXPECT_EQ(DecisionText(Parsed<v1::Decision>(R"(
              agent: "spiffe://example.org/agent/web-01" policy_version: "7" other_rules: 1
              error { code: 7 message: "no rule names the agent" details {
                [type.googleapis.com/google.rpc.ErrorInfo] {
                  reason: "NAME_NOT_AUTHORIZED" domain: "certbroker" } } }
              proofs { identifier: "a.test" })")),
            "NOT ALLOWED to spiffe://example.org/agent/web-01, policy 7\n"
            "  NAME_NOT_AUTHORIZED: no rule names the agent\n"
            "\n"
            "1 other rule does not name this agent.\n"
            "\n"
            "NAME    PROVEN BY\n"
            "a.test  nothing\n");
}

}  // namespace
}  // namespace certbroker::cli
