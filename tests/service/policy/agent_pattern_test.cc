#include "service/policy/agent_pattern.h"

#include "tests/support/result_matchers.h"

namespace certbroker::policy {
namespace {

using ::testing::HasSubstr;

struct MatchCase {
  std::string pattern, agent;
  bool matches;
};

TEST(AgentPatternTest, MatchesExactlyOrByPrefix) {
  const MatchCase kCases[] = {
      {"spiffe://e/web-01", "spiffe://e/web-01", true},
      {"spiffe://e/web-01", "spiffe://e/web-011", false},
      {"spiffe://e/web-01", "spiffe://e/web-0", false},
      {"spiffe://e/web-01", "spiffe://e/WEB-01", false},
      {"spiffe://e/web-01", "spiffe://f/web-01", false},
      {"spiffe://e/web-01", "", false},
      {"spiffe://e/web-*", "spiffe://e/web-01", true},
      {"spiffe://e/web-*", "spiffe://e/web-", true},      // nothing is anything, too
      {"spiffe://e/web-*", "spiffe://e/web-/a/b", true},  // and so is '/'
      {"spiffe://e/web-*", "spiffe://e/web", false},
      {"spiffe://e/web-*", "spiffe://e/Web-01", false},
      {"spiffe://e/*", "spiffe://e/a", true},
      {"spiffe://e/*", "spiffe://e.f/a", false},
      {"spiffe://e/*", "operator:local", false},
  };
  for (const MatchCase& c : kCases) {
    SCOPED_TRACE(c.pattern + " on " + c.agent);
    const auto pattern = AgentPattern::Parse(c.pattern);
    ASSERT_THAT(pattern, IsOk());
    EXPECT_EQ(pattern->Matches(AgentId(c.agent)), c.matches);
    EXPECT_EQ(pattern->ToString(), c.pattern);
  }
}

TEST(AgentPatternTest, RefusesWhatCouldMatchStrangers) {
  struct Case {
    std::string pattern, says;
  };
  const Case kCases[] = {
      {"", "spiffe://"},
      {"*", "spiffe://"},
      {"spiffe://*", "no path"},
      {"spiffe://e*", "no path"},  // would match spiffe://e.attacker.example/
      {"spiffe://e", "no path"},
      {"spiffe://e/", "empty segment"},
      {"spiffe://*/web-01", "only be its last"},
      {"spiffe://e/*/web-01", "only be its last"},
      {"spiffe://e/web-**", "only be its last"},
      {"spiffe://e/../*", "\"..\""},
      {"spiffe://e//*", "empty segment"},
      {"spiffe://e/we b*", "path holds"},
      {"spiffe://E/*", "trust domain"},
      {"web-01", "spiffe://"},
      {"operator:local", "spiffe://"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.pattern);
    EXPECT_THAT(AgentPattern::Parse(c.pattern), IsError(Reason::kConfigInvalid, HasSubstr(c.says)));
  }
}

}  // namespace
}  // namespace certbroker::policy
