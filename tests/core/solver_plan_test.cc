#include "core/solver_plan.h"

#include "tests/support/result_matchers.h"

namespace certbroker {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Identifier Name(std::string_view text) { return *Identifier::Parse(text); }

std::vector<std::string> Texts(const std::vector<ChallengeOption>& options) {
  std::vector<std::string> texts;
  for (const ChallengeOption& option : options)
    texts.push_back(std::string(ToString(option.type)) + " " + option.solver);
  return texts;
}

SolverPlan Plan() {
  return {{ChallengeType::kDns01, ChallengeType::kHttp01},
          {{.name = "all", .type = ChallengeType::kDns01, .zones = {}},
           {.name = "com", .type = ChallengeType::kDns01, .zones = {Name("example.com")}},
           {.name = "sub", .type = ChallengeType::kDns01, .zones = {Name("sub.example.com")}},
           {.name = "responder", .type = ChallengeType::kHttp01, .zones = {}, .at_once = true}}};
}

TEST(SolverPlanTest, WithoutConfigurationWhatTheAgentServesIsLeft) {
  const SolverPlan plan;
  EXPECT_THAT(Texts(plan.OptionsFor(Name("a.example"), false,
                                    {ChallengeType::kTlsAlpn01, ChallengeType::kHttp01})),
              ElementsAre("http-01 agent", "tls-alpn-01 agent"));
  EXPECT_THAT(plan.OptionsFor(Name("a.example"), false, {}), IsEmpty());
}

TEST(SolverPlanTest, PreferenceComesFirstThenTheAgentThenTheMostSpecialZone) {
  EXPECT_THAT(
      Texts(Plan().OptionsFor(Name("a.sub.example.com"), false, {ChallengeType::kHttp01})),
      ElementsAre("dns-01 sub", "dns-01 com", "dns-01 all", "http-01 agent", "http-01 responder"));
  EXPECT_THAT(Texts(Plan().OptionsFor(Name("example.com"), false, {})),
              ElementsAre("dns-01 com", "dns-01 all", "http-01 responder"));
}

TEST(SolverPlanTest, AZoneIsNoSuffixOfLetters) {
  EXPECT_THAT(Texts(Plan().OptionsFor(Name("notexample.com"), false, {})),
              ElementsAre("dns-01 all", "http-01 responder"));
}

// RFC 8555 §8.4: "*." takes a DNS record. RFC 8738 §7: an address takes none.
TEST(SolverPlanTest, WildcardsTakeRecordsAndAddressesDoNot) {
  EXPECT_THAT(Texts(Plan().OptionsFor(Name("example.com"), true, {ChallengeType::kHttp01})),
              ElementsAre("dns-01 com", "dns-01 all"));
  EXPECT_THAT(Texts(Plan().OptionsFor(Name("192.0.2.1"), false, {ChallengeType::kHttp01})),
              ElementsAre("http-01 agent", "http-01 responder"));
}

TEST(FailedChallengeTest, SurvivesItsText) {
  const FailedChallenge failed{"*.example.com", ChallengeType::kDns01, "corp-dns"};
  EXPECT_EQ(failed.ToString(), "dns-01 corp-dns *.example.com");
  EXPECT_EQ(FailedChallenge::Parse(failed.ToString()), failed);
  EXPECT_FALSE(FailedChallenge::Parse("dns-01 corp-dns").has_value());
  EXPECT_FALSE(FailedChallenge::Parse("dns-02 a b").has_value());
}

}  // namespace
}  // namespace certbroker
