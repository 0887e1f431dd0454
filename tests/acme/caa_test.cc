// The examples of RFC 8659 §4.2-4.4 and RFC 8657 §5 (appendix), and what they leave out.
#include "acme/caa.h"

#include <string>
#include <vector>

#include "tests/support/result_matchers.h"

namespace certbroker::acme {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr auto kAccountUri = "https://example.net/account/1234";

struct CaaCase {
  const char* name;
  std::vector<CaaRecord> records;
  bool permitted;
  bool wildcard = false;
  std::string challenge_type = "dns-01";
};

CaaDecision Decide(const CaaCase& c) {
  return DecideCaa({.name = "certs.example.com", .records = c.records},
                   {.wildcard = c.wildcard,
                    .issuer_domain_names = {"ca1.example.net", "Also.Example.net"},
                    .account_url = kAccountUri,
                    .challenge_type = c.challenge_type});
}

void Check(const std::vector<CaaCase>& cases) {
  for (const CaaCase& c : cases) {
    SCOPED_TRACE(c.name);
    const CaaDecision decision = Decide(c);
    EXPECT_EQ(decision.permitted, c.permitted) << decision.explanation;
    EXPECT_EQ(decision.explanation.empty(), c.permitted);
  }
}

TEST(CaaTest, DecidesByIssue) {
  Check({
      {"no_records", {}, true},
      {"only_iodef", {{0, "iodef", "mailto:security@example.com"}}, true},
      {"ours", {{0, "issue", "ca1.example.net"}}, true},
      {"ours_by_its_other_name", {{0, "issue", "also.example.net"}}, true},
      {"case_does_not_matter", {{0, "ISSUE", "CA1.Example.NET"}}, true},
      {"white_space_does_not_matter", {{0, "issue", "  ca1.example.net ; "}}, true},
      {"another", {{0, "issue", "ca2.example.org"}}, false},
      {"one_of_two", {{0, "issue", "ca2.example.org"}, {0, "issue", "ca1.example.net"}}, true},
      {"nobody", {{0, "issue", ";"}}, false},
      {"empty_is_nobody", {{0, "issue", ""}}, false},
      {"malformed_is_nobody", {{0, "issue", "%%%%%"}}, false},
      {"malformed_and_ours", {{0, "issue", "%%%%%"}, {0, "issue", "ca1.example.net"}}, true},
      {"unknown_parameters_do_not_matter",
       {{0, "issue", "ca1.example.net; policy=ev; account=230123"}},
       true},
      {"malformed_parameter", {{0, "issue", "ca1.example.net; account"}}, false},
  });
}

TEST(CaaTest, DecidesWildcardsByIssuewildWhereThereIsOne) {
  Check({
      {"issue_counts_without_issuewild", {{0, "issue", "ca1.example.net"}}, true, true},
      {"issuewild_alone_counts",
       {{0, "issue", "ca2.example.org"}, {0, "issuewild", "ca1.example.net"}},
       true,
       true},
      {"issuewild_overrides_issue",
       {{0, "issue", "ca1.example.net"}, {0, "issuewild", "ca2.example.org"}},
       false,
       true},
      {"issuewild_is_nothing_to_a_plain_name",
       {{0, "issue", "ca1.example.net"}, {0, "issuewild", ";"}},
       true},
      {"issuewild_alone_leaves_plain_names_open", {{0, "issuewild", ";"}}, true},
  });
}

TEST(CaaTest, RefusesCriticalPropertiesThatItDoesNotKnow) {
  Check({
      {"critical_unknown", {{0, "issue", "ca1.example.net"}, {128, "tbs", "Unknown"}}, false},
      {"unknown_but_not_critical", {{0, "issue", "ca1.example.net"}, {0, "tbs", "Unknown"}}, true},
      {"critical_known", {{128, "issue", "ca1.example.net"}}, true},
      {"other_flags_mean_nothing", {{0, "issue", "ca1.example.net"}, {1, "tbs", "Unknown"}}, true},
      {"for_mail_only", {{128, "issuemail", ";"}}, true},
  });
}

TEST(CaaTest, HoldsIssuersToTheAccount) {
  Check({
      {"our_account",
       {{0, "issue", "ca1.example.net; accounturi=https://example.net/account/1234"}},
       true},
      {"another_account",
       {{0, "issue", "ca1.example.net; accounturi=https://example.net/account/4321"}},
       false},
      {"one_of_two_records",
       {{0, "issue", "ca1.example.net; accounturi=https://example.net/account/4321"},
        {0, "issue", "ca1.example.net; accounturi=https://example.net/account/1234"}},
       true},
      {"two_in_one_record_can_never_be_met",
       {{0, "issue",
         "ca1.example.net; accounturi=https://example.net/account/1234; "
         "accounturi=https://example.net/account/1234"}},
       false},
  });
}

TEST(CaaTest, HoldsIssuersToTheValidationMethod) {
  const auto methods = [](const std::string& list) {
    return std::vector<CaaRecord>{{0, "issue", "ca1.example.net; validationmethods=" + list}};
  };
  Check({
      {"ours", methods("dns-01"), true},
      {"among_others", methods("http-01,dns-01,xyz-01"), true},
      {"another", methods("http-01"), false, false, "dns-01"},
      {"none", methods(""), false},
      {"malformed", methods("dns-01,%"), false},
      {"both_parameters",
       {{0, "issue",
         "ca1.example.net; accounturi=https://example.net/account/1234; validationmethods=dns-01"}},
       true},
  });
}

TEST(CaaTest, DoesNotHoldAgainstAnOrderWhatIsNotKnownYet) {
  const CaaDecision decision = DecideCaa(
      {.name = "example.com",
       .records = {{0, "issue", "ca1.example.net; accounturi=https://x/1; validationmethods=y"}}},
      {.issuer_domain_names = {"ca1.example.net"}, .account_url = {}, .challenge_type = {}});
  EXPECT_TRUE(decision.permitted) << decision.explanation;
}

TEST(CaaTest, TellsWhichRecordIsInTheWayAndWhatToAdd) {
  const CaaDecision another = Decide({"", {{0, "issue", "ca2.example.org"}}, false});
  EXPECT_THAT(another.explanation,
              AllOf(HasSubstr("certs.example.com CAA 0 issue \"ca2.example.org\" names another CA"),
                    HasSubstr("add: certs.example.com. CAA 0 issue \"ca1.example.net\"")));
  const CaaDecision wild = Decide({"", {{0, "issuewild", ";"}}, false, true});
  EXPECT_THAT(wild.explanation, HasSubstr("CAA 0 issuewild \"ca1.example.net\""));
  const CaaDecision account =
      Decide({"", {{0, "issue", "ca1.example.net; accounturi=https://x/2"}}, false});
  EXPECT_THAT(account.explanation, AllOf(HasSubstr("https://x/2"), HasSubstr(kAccountUri)));
}

// Found by fuzzing: the zone decides how many records there are, not how long an error gets.
TEST(CaaTest, ManyRecordsDoNotMakeALongExplanation) {
  CaaRecordSet set{.name = std::string(240, 'n') + ".example", .records = {}};
  for (int i = 0; i < 100; ++i)
    set.records.push_back({0, "issue", std::to_string(i) + std::string(2000, '\x1b')});
  const CaaQuestion question{
      .issuer_domain_names = {"ca1.example.net"}, .account_url = {}, .challenge_type = {}};
  const CaaDecision decision = DecideCaa(set, question);
  EXPECT_FALSE(decision.permitted);
  EXPECT_LE(decision.explanation.size(), 4096U);
  EXPECT_THAT(decision.explanation, HasSubstr("and 97 more records"));

  // One that permits still counts, wherever it stands.
  set.records.push_back({0, "issue", "ca1.example.net"});
  EXPECT_TRUE(DecideCaa(set, question).permitted);
}

TEST(CaaTest, ShowsNoControlCharacters) {
  const CaaDecision decision = Decide({"", {{0, "issue", "\x1b[31m"}}, false});
  EXPECT_EQ(decision.explanation.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace certbroker::acme
