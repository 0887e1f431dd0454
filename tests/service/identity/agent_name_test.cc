#include "service/identity/agent_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/result_matchers.h"

namespace certbroker::identity {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

const AgentId kWeb01("spiffe://example.org/agent/web-01");

TEST(AgentNameTest, AllFormsNameOneAgent) {
  for (const char* text : {"web-01", "agents/web-01", "spiffe://example.org/agent/web-01",
                           "agents/spiffe://example.org/agent/web-01"}) {
    EXPECT_THAT(ParseAgentName("name", text, "example.org"), IsOkAndHolds(kWeb01)) << text;
  }
}

TEST(AgentNameTest, AWholeIdMayBeOfAnotherTrustDomain) {
  const AgentId other("spiffe://other.example/db/7");

  EXPECT_THAT(ParseAgentName("name", "spiffe://other.example/db/7", "example.org"),
              IsOkAndHolds(other));
  EXPECT_THAT(ParseAgentName("name", "spiffe://other.example/db/7", ""), IsOkAndHolds(other));
}

TEST(AgentNameTest, ABareNameNeedsATrustDomain) {
  EXPECT_THAT(ParseAgentName("name", "web-01", ""),
              IsError(Reason::kInvalidArgument, HasSubstr("[identity]")));
}

TEST(AgentNameTest, RefusesWhatNamesNoAgent) {
  for (const char* text :
       {"", "agents/", "web 01", "web-01/", "/web-01", "a//b", "../web-01", "a/../b", "web%2d01",
        "web-01?x", "web-01#x", "spiffe://", "spiffe://example.org", "spiffe://Example.org/agent/x",
        "SPIFFE://example.org/agent/x", "web\n01", "spiffe://example.org:1/agent/x"}) {
    const auto refused = ParseAgentName("name", text, "example.org");
    ASSERT_THAT(refused, IsError(Reason::kInvalidArgument)) << text;
    EXPECT_THAT(refused.error().violations(), SizeIs(1));
    EXPECT_EQ(refused.error().violations()[0].subject, "name");
  }
}

TEST(AgentNameTest, ARefusalIsShortAndPrintable) {
  const auto refused = ParseAgentName("agent", "\x1b[2J" + std::string(5'000, 'x') + " ", "e");

  ASSERT_THAT(refused, IsError(Reason::kInvalidArgument, HasSubstr("agent: \"?[2J")));
  EXPECT_LT(refused.error().detail().size(), 1'000U);
}

TEST(AgentNameTest, IsShortWithinTheTrustDomainAndWholeOutside) {
  EXPECT_EQ(AgentName(kWeb01, "example.org"), "agents/web-01");
  EXPECT_EQ(AgentName(kWeb01, ""), "agents/spiffe://example.org/agent/web-01");
  EXPECT_EQ(AgentName(kWeb01, "example.or"), "agents/spiffe://example.org/agent/web-01");
  EXPECT_EQ(AgentName(AgentId("spiffe://example.org/db/7"), "example.org"),
            "agents/spiffe://example.org/db/7");
}

TEST(AgentNameTest, EveryNameThatIsShownIsUnderstood) {
  for (const char* id : {"spiffe://example.org/agent/web-01", "spiffe://example.org/agent/a/b",
                         "spiffe://example.org/db/7", "spiffe://other/agent/web-01"}) {
    EXPECT_THAT(ParseAgentName("name", AgentName(AgentId(id), "example.org"), "example.org"),
                IsOkAndHolds(AgentId(id)));
  }
}

TEST(AgentNameTest, TheAgentCaMayNameItsTrustDomainsAgentsOnly) {
  EXPECT_TRUE(IsOfTrustDomain(kWeb01, "example.org"));
  EXPECT_FALSE(IsOfTrustDomain(AgentId("spiffe://example.org.evil/agent/x"), "example.org"));
  EXPECT_FALSE(IsOfTrustDomain(AgentId("spiffe://example.org/db/7"), "example.org"));
  EXPECT_FALSE(IsOfTrustDomain(AgentId("spiffe:///agent/x"), ""));
}

}  // namespace
}  // namespace certbroker::identity
