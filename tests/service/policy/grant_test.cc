#include "service/policy/grant.h"

#include "service/policy/policy_file.h"
#include "tests/support/result_matchers.h"

namespace certbroker::policy {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kPolicy = R"(
version = "1"

[[rules]]
name = "web"
agents = ["spiffe://e/web-*"]
names = ["www.example.com", ".apps.example.com", "*.wild.example.com"]
issuers = ["public", "staging"]
profiles = ["", "short"]
keys = ["ec-p256"]

[[rules]]
name = "web-internal"
agents = ["spiffe://e/web-01"]
names = ["web-01.internal.example", "www.example.com"]
issuers = ["private"]

[[rules]]
name = "secret-database"
agents = ["spiffe://e/db"]
names = ["hidden.example.com", ".hidden.example.com", "*.apps.example.com"]
issuers = ["vault"]
profiles = ["long"]
)";

class GrantTest : public ::testing::Test {
 protected:
  static Wish WishFor(std::string_view agent, const std::vector<std::string>& names) {
    Wish wish{AgentId(std::string(agent)), {}, {}, {}, pki::KeyType::kEcP256};
    for (const std::string& name : names) wish.names.push_back(*Identifier::Parse(name));
    return wish;
  }

  Result<Grant> Find(const Wish& wish) const { return FindGrant(book_.RulesFor(wish.agent), wish); }

  const RuleBook book_{ParsePolicyFile(kPolicy, "policy.toml")->rules};
};

TEST_F(GrantTest, FillsInTheFirstIssuerAndProfileOfTheRule) {
  const auto grant = Find(WishFor("spiffe://e/web-02", {"www.example.com", "a.apps.example.com"}));

  ASSERT_THAT(grant, IsOk());
  EXPECT_EQ(grant->rule->name, "web");
  EXPECT_EQ(grant->issuer.ToString(), "public");
  EXPECT_EQ(grant->profile, "");
}

TEST_F(GrantTest, KeepsTheIssuerAndProfileThatWereAskedFor) {
  Wish wish = WishFor("spiffe://e/web-02", {"www.example.com"});
  wish.issuer = IssuerId("staging");
  wish.profile = "short";

  const auto grant = Find(wish);

  ASSERT_THAT(grant, IsOk());
  EXPECT_EQ(grant->issuer.ToString(), "staging");
  EXPECT_EQ(grant->profile, "short");
}

TEST_F(GrantTest, TakesTheFirstRuleThatGrantsEverything) {
  Wish wish = WishFor("spiffe://e/web-01", {"www.example.com"});
  EXPECT_EQ(Find(wish)->rule->name, "web");
  wish.issuer = IssuerId("private");
  EXPECT_EQ(Find(wish)->rule->name, "web-internal");
  wish.issuer.reset();
  wish.key = pki::KeyType::kRsa2048;  // which "web" does not take
  EXPECT_EQ(Find(wish)->rule->name, "web-internal");
}

TEST_F(GrantTest, AnUnknownAgentGetsNothing) {
  for (const char* agent : {"spiffe://e/other", "spiffe://e/web", "spiffe://E/web-01", ""}) {
    SCOPED_TRACE(agent);
    const auto grant = Find(WishFor(agent, {"www.example.com"}));
    ASSERT_THAT(grant, IsError(Reason::kNameNotAuthorized, HasSubstr("no rule names the agent")));
    EXPECT_THAT(grant.error().violations(),
                ElementsAre(Violation{"www.example.com", Reason::kNameNotAuthorized,
                                      "no rule names this agent"}));
  }
}

TEST_F(GrantTest, NamesEveryRefusedNameAndNoOther) {
  const auto grant = Find(
      WishFor("spiffe://e/web-02", {"www.example.com", "apps.example.com", "*.apps.example.com",
                                    "a.wild.example.com", "hidden.example.com"}));

  ASSERT_THAT(grant,
              IsError(Reason::kNameNotAuthorized,
                      AllOf(HasSubstr("4 of 5 names are not granted to \"spiffe://e/web-02\""),
                            HasSubstr("rule \"web\" comes closest"))));
  EXPECT_THAT(
      grant.error().violations(),
      ElementsAre(
          Violation{
              "apps.example.com", Reason::kNameNotAuthorized,
              "in rule \"web\", \".apps.example.com\" grants the names below it, not the name "
              "itself"},
          Violation{"*.apps.example.com", Reason::kNameNotAuthorized,
                    "in rule \"web\", \".apps.example.com\" grants no wildcards; "
                    "\"*.apps.example.com\" needs an entry of its own"},
          Violation{
              "a.wild.example.com", Reason::kNameNotAuthorized,
              "in rule \"web\", \"*.wild.example.com\" grants that wildcard name only, not the "
              "names it would match"},
          Violation{"hidden.example.com", Reason::kNameNotAuthorized,
                    "no rule for this agent grants it"}));
}

TEST_F(GrantTest, DoesNotAddUpRules) {
  const auto grant = Find(WishFor(
      "spiffe://e/web-01", {"www.example.com", "a.apps.example.com", "web-01.internal.example"}));

  ASSERT_THAT(grant, IsError(Reason::kNameNotAuthorized,
                             AllOf(HasSubstr("no single rule grants"),
                                   HasSubstr("rule \"web\" comes closest and lacks "
                                             "web-01.internal.example"))));
  EXPECT_THAT(grant.error().violations(),
              ElementsAre(Violation{"web-01.internal.example", Reason::kNameNotAuthorized,
                                    "granted by rule \"web-internal\", not by rule \"web\""}));
}

TEST_F(GrantTest, SaysWhichIssuersProfilesAndKeysThereAre) {
  Wish wish = WishFor("spiffe://e/web-02", {"www.example.com"});
  wish.issuer = IssuerId("vault");
  auto grant = Find(wish);
  ASSERT_THAT(grant, IsError(Reason::kIssuerNotAllowed,
                             HasSubstr("rule \"web\" allows \"public\", \"staging\"")));
  EXPECT_EQ(grant.error().violations().front().subject, "issuer");

  wish.issuer.reset();
  wish.profile = "long";
  grant = Find(wish);
  ASSERT_THAT(grant, IsError(Reason::kProfileNotAllowed,
                             HasSubstr("rule \"web\" allows the CA's default, \"short\"")));
  EXPECT_EQ(grant.error().violations().front().subject, "profile");

  wish.profile.reset();
  wish.key = pki::KeyType::kRsa3072;
  grant = Find(wish);
  ASSERT_THAT(grant,
              IsError(Reason::kKeyTypeNotAllowed, AllOf(HasSubstr("key type rsa-3072"),
                                                        HasSubstr("rule \"web\" allows ec-p256"))));
  EXPECT_EQ(grant.error().violations().front().subject, "csr_der");
}

TEST_F(GrantTest, AnIssuerOfAnotherRuleIsNoIssuerForTheseNames) {
  Wish wish = WishFor("spiffe://e/web-01", {"web-01.internal.example"});
  wish.issuer = IssuerId("public");
  EXPECT_THAT(Find(wish), IsError(Reason::kIssuerNotAllowed, Not(HasSubstr("\"web\""))));
}

TEST_F(GrantTest, ProfilesAreTheDefaultOnlyUnlessTheRuleListsThem) {
  Wish wish = WishFor("spiffe://e/web-01", {"web-01.internal.example"});
  wish.profile = "short";
  EXPECT_THAT(Find(wish), IsError(Reason::kProfileNotAllowed));
  wish.profile = "";
  EXPECT_THAT(Find(wish), IsOk());
}

TEST_F(GrantTest, TheCasDefaultProfileMustBeListedLikeAnyOther) {
  Wish wish = WishFor("spiffe://e/db", {"hidden.example.com"});
  EXPECT_EQ(Find(wish)->profile, "long");
  wish.profile = "";
  EXPECT_THAT(Find(wish), IsError(Reason::kProfileNotAllowed,
                                  HasSubstr("the profile the CA's default is not allowed")));
}

TEST_F(GrantTest, QuotesAHostileFieldHarmlessly) {
  Wish wish = WishFor("spiffe://e/web-02", {"www.example.com"});
  wish.issuer = IssuerId("\x1b[31m" + std::string(100'000, 'x'));
  const auto grant = Find(wish);
  ASSERT_THAT(grant, IsError(Reason::kIssuerNotAllowed));
  EXPECT_LT(grant.error().detail().size(), 1000U);
  EXPECT_THAT(grant.error().detail(), Not(HasSubstr("\x1b")));
}

TEST_F(GrantTest, ADenialStaysReadableForAHundredNames) {
  std::vector<std::string> names;
  names.reserve(100);
  for (int i = 0; i < 100; ++i) names.push_back("n" + std::to_string(i) + ".example.org");
  const auto grant = Find(WishFor("spiffe://e/web-02", names));
  ASSERT_THAT(grant, IsError(Reason::kNameNotAuthorized, HasSubstr("and 95 more")));
  EXPECT_LT(grant.error().detail().size(), 1000U);
  EXPECT_EQ(grant.error().violations().size(), 100U);
}

}  // namespace
}  // namespace certbroker::policy
