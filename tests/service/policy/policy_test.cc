#include "service/policy/policy.h"

#include "pki/csr.h"
#include "tests/support/made_csr.h"
#include "tests/support/result_matchers.h"

namespace certbroker::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kRules = R"(
version = "2026-11-21.1"
[[rules]]
name = "web"
agents = ["spiffe://e/web-01"]
names = ["www.example.com", ".apps.example.com"]
issuers = ["public", "staging"]
profiles = ["short", ""]
keys = ["ec-p256"]
)";

const AgentId kAgent("spiffe://e/web-01");

Policy ParsedPolicy(std::string_view toml = kRules) { return *Policy::Parse(toml, "policy.toml"); }

IssuanceRequest RequestFor(const std::vector<std::string>& names) {
  return {.agent = kAgent, .csr_der = MadeCsr(names), .names = names, .issuer = "", .profile = ""};
}

std::string Replaced(std::string_view from, std::string_view to) {
  std::string text(kRules);
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

// The order that an approval becomes.
Order OrderFor(const Approval& approval) {
  Order order;
  order.agent = approval.agent();
  order.issuer = approval.issuer();
  order.profile = approval.profile();
  order.names = approval.names();
  order.csr_der = approval.csr_der();
  return order;
}

TEST(PolicyTest, AnApprovalHoldsWhatWasGrantedAndWhy) {
  const IssuanceRequest request = RequestFor({"www.example.com", "a.apps.example.com"});

  const auto approval = ParsedPolicy().Evaluate(request);

  ASSERT_THAT(approval, IsOk());
  EXPECT_EQ(approval->agent(), kAgent);
  EXPECT_EQ(approval->issuer().ToString(), "public");
  EXPECT_EQ(approval->profile(), "short");
  EXPECT_EQ(JoinNames(approval->names()), "a.apps.example.com, www.example.com");
  EXPECT_EQ(approval->csr_der(), request.csr_der);
  EXPECT_EQ(approval->spki_sha256(), pki::Csr::Parse(request.csr_der)->spki_sha256());
  EXPECT_EQ(approval->policy_version(), "2026-11-21.1");
  EXPECT_EQ(approval->rule(), "web");
}

TEST(PolicyTest, NormalisesNamesOnceForAll) {
  IssuanceRequest request = RequestFor({"www.example.com"});
  request.names = {"WWW.Example.com.", "www.example.com"};  // one name, twice

  const auto approval = ParsedPolicy().Evaluate(request);

  ASSERT_THAT(approval, IsOk());
  EXPECT_EQ(JoinNames(approval->names()), "www.example.com");
}

TEST(PolicyTest, TakesIssuerAndProfileFromTheRequest) {
  IssuanceRequest request = RequestFor({"www.example.com"});
  request.issuer = "staging";
  request.profile = "short";
  const auto approval = ParsedPolicy().Evaluate(request);
  ASSERT_THAT(approval, IsOk());
  EXPECT_EQ(approval->issuer().ToString(), "staging");
  EXPECT_EQ(approval->profile(), "short");
}

TEST(PolicyTest, FallbackIssuersAreGrantedWithTheFirst) {
  IssuanceRequest request = RequestFor({"www.example.com"});
  request.issuer = "public";
  request.fallback_issuers = {"staging"};

  const auto approval = ParsedPolicy().Evaluate(request);

  ASSERT_THAT(approval, IsOk());
  EXPECT_THAT(approval->fallback_issuers(), ElementsAre(IssuerId("staging")));
}

TEST(PolicyTest, FallbackIssuersThatAreNotGrantedAreRefused) {
  IssuanceRequest request = RequestFor({"www.example.com"});
  request.issuer = "public";
  request.fallback_issuers = {"staging", "private"};
  EXPECT_THAT(ParsedPolicy().Evaluate(request),
              IsError(Reason::kIssuerNotAllowed, HasSubstr("private")));
  request.fallback_issuers = {"public"};
  EXPECT_THAT(ParsedPolicy().Evaluate(request),
              IsError(Reason::kInvalidArgument, HasSubstr("twice")));
  request.issuer.clear();
  request.fallback_issuers = {"staging"};
  EXPECT_THAT(ParsedPolicy().Evaluate(request),
              IsError(Reason::kInvalidArgument, HasSubstr("tried before")));
}

TEST(PolicyTest, DenialsNameThePolicy) {
  IssuanceRequest request = RequestFor({"www.example.com"});
  const Policy policy = ParsedPolicy();

  request.agent = AgentId("spiffe://e/web-02");
  EXPECT_THAT(policy.Evaluate(request), IsError(Reason::kNameNotAuthorized,
                                                StartsWith("policy 2026-11-21.1: no rule names")));
  request.agent = kAgent;
  request.issuer = "private";
  EXPECT_THAT(policy.Evaluate(request), IsError(Reason::kIssuerNotAllowed));
  request.issuer.clear();
  request.profile = "long";
  EXPECT_THAT(policy.Evaluate(request), IsError(Reason::kProfileNotAllowed));
  request.profile.clear();
  request.csr_der = MadeCsr({"www.example.com"}, pki::KeyType::kRsa2048);
  EXPECT_THAT(policy.Evaluate(request),
              IsError(Reason::kKeyTypeNotAllowed, HasSubstr("rule \"web\" allows ec-p256")));
}

TEST(PolicyTest, ReportsEveryNameThatIsNone) {
  IssuanceRequest request = RequestFor({"www.example.com"});
  request.names = {"_x.example.com", "www.example.com", "0.0.0.0"};

  const auto approval = ParsedPolicy().Evaluate(request);

  ASSERT_THAT(approval, IsError(Reason::kNameInvalid, HasSubstr("and 1 more names")));
  std::vector<std::string> subjects;
  for (const Violation& v : approval.error().violations()) subjects.push_back(v.subject);
  EXPECT_THAT(subjects, ElementsAre("_x.example.com", "0.0.0.0"));
}

TEST(PolicyTest, ARequestHasOneToAHundredNames) {
  IssuanceRequest request = RequestFor({"www.example.com"});
  request.names.clear();
  EXPECT_THAT(ParsedPolicy().Evaluate(request),
              IsError(Reason::kInvalidArgument, HasSubstr("1 to 100")));
  request.names.assign(101, "www.example.com");
  EXPECT_THAT(ParsedPolicy().Evaluate(request),
              IsError(Reason::kInvalidArgument, HasSubstr("101")));

  std::vector<std::string> hundred;
  hundred.reserve(100);
  for (int i = 0; i < 100; ++i) hundred.push_back("n" + std::to_string(i) + ".apps.example.com");
  EXPECT_THAT(ParsedPolicy().Evaluate(RequestFor(hundred)), IsOk());
}

// What is wrong whoever asks comes first, and is the same for every agent.
TEST(PolicyTest, RefusesABadCsrBeforeItLooksAtRules) {
  IssuanceRequest request = RequestFor({"www.example.com"});
  request.agent = AgentId("spiffe://e/nobody");
  request.csr_der[10] ^= 1U;
  EXPECT_THAT(ParsedPolicy().Evaluate(request), IsError(Reason::kCsrInvalid));
  request.csr_der.clear();
  EXPECT_THAT(ParsedPolicy().Evaluate(request), IsError(Reason::kCsrInvalid));
  request.csr_der = MadeCsr({"other.example.com"});
  EXPECT_THAT(ParsedPolicy().Evaluate(request), IsError(Reason::kCsrNameMismatch));
  // A name that rides along in the CSR only is not granted by silence (T12).
  request.csr_der = MadeCsr({"www.example.com", "other.example.com"});
  EXPECT_THAT(ParsedPolicy().Evaluate(request), IsError(Reason::kCsrNameMismatch));
}

TEST(PolicyTest, RecheckAgreesWithTheApproval) {
  const auto approval = ParsedPolicy().Evaluate(RequestFor({"www.example.com"}));
  ASSERT_THAT(approval, IsOk());
  EXPECT_THAT(ParsedPolicy().Recheck(OrderFor(*approval)), IsOk());
}

// T2: the grant is taken away, in part or in whole, while the order is under way.
TEST(PolicyTest, RecheckFailsWhenTheGrantIsGone) {
  const auto approval =
      ParsedPolicy().Evaluate(RequestFor({"www.example.com", "a.apps.example.com"}));
  ASSERT_THAT(approval, IsOk());
  const Order order = OrderFor(*approval);

  struct Case {
    std::string from, to;
    Reason reason;
  };
  const Case kCases[] = {
      {"web-01", "web-02", Reason::kNameNotAuthorized},
      {"\".apps.example.com\"", "\"apps.example.com\"", Reason::kNameNotAuthorized},
      {"\"www.example.com\", ", "", Reason::kNameNotAuthorized},
      {"\"public\", ", "", Reason::kIssuerNotAllowed},
      {"\"short\", ", "", Reason::kProfileNotAllowed},
      {"ec-p256", "ec-p384", Reason::kKeyTypeNotAllowed},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.from);
    EXPECT_THAT(ParsedPolicy(Replaced(c.from, c.to)).Recheck(order),
                IsError(c.reason, StartsWith("policy 2026-11-21.1, asked again: ")));
  }
}

TEST(PolicyTest, RecheckDoesNotTakeTheDefaultProfileForAnother) {
  auto approval =
      ParsedPolicy(Replaced("\"short\", ", "")).Evaluate(RequestFor({"www.example.com"}));
  ASSERT_THAT(approval, IsOk());
  Order order = OrderFor(*approval);
  ASSERT_EQ(order.profile, "");

  EXPECT_THAT(ParsedPolicy().Recheck(order), IsOk());
  EXPECT_THAT(ParsedPolicy(Replaced(", \"\"]", "]")).Recheck(order),
              IsError(Reason::kProfileNotAllowed));
}

TEST(PolicyTest, ANewRuleMayTakeOverAnOldOrder) {
  const auto approval = ParsedPolicy().Evaluate(RequestFor({"www.example.com"}));
  ASSERT_THAT(approval, IsOk());
  EXPECT_THAT(ParsedPolicy(Replaced("\"web\"", "\"renamed\"")).Recheck(OrderFor(*approval)),
              IsOk());
}

// T34: a row that somebody changed in the database is no longer what was approved.
TEST(PolicyTest, RecheckRefusesATamperedOrder) {
  const Policy policy = ParsedPolicy();
  const auto approval = policy.Evaluate(RequestFor({"www.example.com"}));
  ASSERT_THAT(approval, IsOk());

  Order order = OrderFor(*approval);
  order.names.push_back(*Identifier::Parse("a.apps.example.com"));  // granted, but not in the CSR
  EXPECT_THAT(policy.Recheck(order), IsError(Reason::kCsrNameMismatch));
  order = OrderFor(*approval);
  order.csr_der = MadeCsr({"other.example.com"});
  EXPECT_THAT(policy.Recheck(order), IsError(Reason::kCsrNameMismatch));
  order.names = {*Identifier::Parse("other.example.com")};
  EXPECT_THAT(policy.Recheck(order), IsError(Reason::kNameNotAuthorized));
  order = OrderFor(*approval);
  order.agent = AgentId("spiffe://e/web-02");
  EXPECT_THAT(policy.Recheck(order), IsError(Reason::kNameNotAuthorized));
  order = OrderFor(*approval);
  order.issuer = IssuerId("private");
  EXPECT_THAT(policy.Recheck(order), IsError(Reason::kIssuerNotAllowed));
}

TEST(PolicyTest, AnIssuerThatIsNotConfiguredIsNamedWithItsLine) {
  const std::vector<IssuerId> configured = {IssuerId("one"), IssuerId("two")};
  constexpr std::string_view kTwoRules = R"(version = "1"
[[rules]]
name = "a"
agents = ["spiffe://e/a"]
names = ["a.example.org"]
issuers = ["one", "three"]
[[rules]]
name = "b"
agents = ["spiffe://e/b"]
names = ["b.example.org"]
issuers = ["four", "two"]
)";

  const auto policy = Policy::Parse(kTwoRules, "policy.toml", &configured);

  ASSERT_THAT(policy, IsError(Reason::kConfigInvalid));
  ASSERT_EQ(policy.error().violations().size(), 2U);
  EXPECT_THAT(policy.error().violations()[0].description,
              StartsWith("policy.toml:6: rules[0].issuers[1]: no issuer \"three\" is configured"));
  EXPECT_THAT(policy.error().violations()[1].description,
              StartsWith("policy.toml:11: rules[1].issuers[0]: no issuer \"four\" is configured"));
  EXPECT_THAT(Policy::Parse(kTwoRules, "policy.toml"), IsOk());
}

TEST(PolicyTest, ReadsTheDocumentedExample) {
  const auto policy = Policy::Load(EXAMPLE_FOLDER "/policy.toml");

  ASSERT_THAT(policy, IsOk());
  EXPECT_EQ(policy->version(), "2026-11-21.1");
  IssuanceRequest request =
      RequestFor({"www.example.com", "*.example.com", "a.b.apps.example.com"});
  request.agent = AgentId("spiffe://example.org/agent/web-17");
  const auto approval = policy->Evaluate(request);
  ASSERT_THAT(approval, IsOk());
  EXPECT_EQ(approval->profile(), "");
  EXPECT_EQ(approval->rule(), "web-tier");
}

TEST(PolicyTest, NamesTheFileOfABadPolicy) {
  EXPECT_THAT(Policy::Parse("version = 1", "policy.toml"),
              IsError(Reason::kConfigInvalid, HasSubstr("policy.toml:1: version: expected")));
  EXPECT_THAT(Policy::Load("/nonexistent/policy.toml"),
              IsError(Reason::kConfigInvalid, HasSubstr("/nonexistent/policy.toml")));
}

}  // namespace
}  // namespace certbroker::policy
