#include "service/policy/policy_file.h"

#include "tests/support/result_matchers.h"

namespace certbroker::policy {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::FieldsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kGood = R"(version = "2026-11-21.1"
[[rules]]
name = "web"
agents = ["spiffe://e/web-01"]
names = ["www.example.com"]
issuers = ["pebble"]
profiles = ["tlsserver"]
keys = ["ec-p256"]
[[rules]]
name = "api"
agents = ["spiffe://e/api-*"]
names = [
  "api.example.com",
  ".api.example.com",
]
issuers = ["pebble"]
)";

TEST(PolicyFileTest, ReadsRulesInTheOrderOfTheFile) {
  const auto file = ParsePolicyFile(kGood, "policy.toml");

  ASSERT_THAT(file, IsOk());
  EXPECT_EQ(file->version, "2026-11-21.1");
  ASSERT_EQ(file->rules.size(), 2U);
  EXPECT_EQ(file->rules[0].name, "web");
  EXPECT_THAT(file->rules[0].profiles, ElementsAre("tlsserver"));
  EXPECT_THAT(file->rules[0].keys, ElementsAre(pki::KeyType::kEcP256));
  EXPECT_EQ(file->rules[1].name, "api");
  EXPECT_EQ(file->rules[1].names.size(), 2U);
}

TEST(PolicyFileTest, AbsentProfilesAreTheDefaultAndAbsentKeysAreAll) {
  const auto file = ParsePolicyFile(kGood, "policy.toml");

  ASSERT_THAT(file, IsOk());
  EXPECT_THAT(file->rules[1].profiles, ElementsAre(""));
  EXPECT_EQ(file->rules[1].keys.size(), 5U);
}

TEST(PolicyFileTest, APolicyWithoutRulesIsGoodAndGrantsNothing) {
  const auto file = ParsePolicyFile("version = \"1\"\n", "policy.toml");
  ASSERT_THAT(file, IsOk());
  EXPECT_TRUE(file->rules.empty());
}

struct BadCase {
  std::string name;
  std::string from, to;  // the edit that spoils the good one
  std::string key;
  int line;
  std::string says;
};

TEST(PolicyFileTest, NamesFileLineAndKeyOfEveryProblem) {
  const BadCase kCases[] = {
      {"no version", "version = \"2026-11-21.1\"\n", "", "version", 0, "missing"},
      {"empty version", "2026-11-21.1", "", "version", 1, "empty string"},
      {"version a date", "\"2026-11-21.1\"", "2026-11-21", "version", 1, "got a date"},
      {"version with a space", "2026-11-21.1", "of today", "version", 1, "1 to 64 of"},
      {"version too long", "2026-11-21.1", std::string(65, 'v'), "version", 1, "1 to 64 of"},
      {"unknown top key", "version = ", "versions = 1\nversion = ", "versions", 1,
       "unknown key; expected one of version, rules"},
      {"rules as a table", "[[rules]]\nname = \"web\"", "[rules]\nname = \"web\"", "", 9, ""},
      {"rules misspelt", "[[rules]]\nname = \"web\"", "[[rule]]\nname = \"web\"", "rule", 2,
       "unknown key"},
      {"unknown rule key", "issuers = [\"pebble\"]\nprofiles",
       "issuer = 1\nissuers = [\"pebble\"]\nprofiles", "rules[0].issuer", 6,
       "unknown key; expected one of name, agents, names, issuers"},
      {"no rule name", "name = \"web\"\n", "", "rules[0].name", 2,
       "missing; expected the rule's name"},
      {"no agents", "agents = [\"spiffe://e/web-01\"]\n", "", "rules[0].agents", 2,
       "missing; expected a list of agents' URIs"},
      {"no names", "names = [\"www.example.com\"]\n", "", "rules[0].names", 2, "missing"},
      {"no issuers", "issuers = [\"pebble\"]\nprofiles", "profiles", "rules[0].issuers", 2,
       "missing"},
      {"same rule name", "\"api\"", "\"web\"", "rules[1].name", 10, "the name of two rules"},
      {"rule name with space", "\"web\"", "\"web tier\"", "rules[0].name", 3, "1 to 64 of"},
      {"rule name empty", "\"web\"", "\"\"", "rules[0].name", 3, "empty"},
      {"agents as text", "[\"spiffe://e/web-01\"]", "\"spiffe://e/web-01\"", "rules[0].agents", 4,
       "expected a list of agents' URIs, got a string"},
      {"agents empty", "[\"spiffe://e/web-01\"]", "[]", "rules[0].agents", 4, "got an empty list"},
      {"agent a number", "\"spiffe://e/web-01\"", "7", "rules[0].agents[0]", 4, "got an integer"},
      {"agent twice", "\"spiffe://e/web-01\"", "\"spiffe://e/web-01\", \"spiffe://e/web-01\"",
       "rules[0].agents[1]", 4, "in the list twice"},
      {"agent everyone", "spiffe://e/web-01", "*", "rules[0].agents[0]", 4, "spiffe://"},
      {"agent any domain", "spiffe://e/web-01", "spiffe://e*", "rules[0].agents[0]", 4, "no path"},
      {"agent star inside", "spiffe://e/web-01", "spiffe://*/web", "rules[0].agents[0]", 4, "last"},
      {"agent https", "spiffe://e/web-01", "https://e/web-01", "rules[0].agents[0]", 4,
       "spiffe://"},
      {"agent NUL", "spiffe://e/web-01", "spiffe://e/web\\u0000", "rules[0].agents[0]", 4,
       "control"},
      {"names empty", "[\"www.example.com\"]", "[]", "rules[0].names", 5, "got an empty list"},
      {"name underscore", "www.example.com", "_x.example.com", "rules[0].names[0]", 5, "'_'"},
      {"name Unicode", "www.example.com",
       "b\xC3\xBC"
       "cher.example",
       "rules[0].names[0]", 5, "xn--bcher-kva.example"},
      {"name IP", "www.example.com", "0.0.0.0", "rules[0].names[0]", 5, "unspecified"},
      {"name single label", "www.example.com", "localhost", "rules[0].names[0]", 5, "one label"},
      {"name star", "www.example.com", "*", "rules[0].names[0]", 5, "whole first label"},
      {"name public suffix", "www.example.com", "*.co.uk", "rules[0].names[0]", 5, "public suffix"},
      {"name empty", "www.example.com", "", "rules[0].names[0]", 5, "empty"},
      {"name in a later line", "\".api.example.com\"", "\"..api.example.com\"", "rules[1].names[1]",
       14, "empty label"},
      {"name twice", "\".api.example.com\"", "\"api.example.com\"", "rules[1].names[1]", 14,
       "twice"},
      {"name twice in another case", "\".api.example.com\"", "\"API.example.com.\"",
       "rules[1].names[1]", 14, "\"api.example.com\" is in the list twice"},
      {"subtree and wildcard", "\".api.example.com\"", "\".*.example.com\"", "rules[1].names[1]",
       14, "mixes a subtree and a wildcard"},
      {"subtree of a top level", "\".api.example.com\"", "\".com\"", "rules[1].names[1]", 14,
       "one label"},
      {"issuers empty", "issuers = [\"pebble\"]\nprofiles", "issuers = []\nprofiles",
       "rules[0].issuers", 6, "got an empty list"},
      {"issuer in capitals", "[\"pebble\"]\nprofiles", "[\"Pebble\"]\nprofiles",
       "rules[0].issuers[0]", 6, "[a-z0-9-]{1,40}"},
      {"issuer as resource", "[\"pebble\"]\nprofiles", "[\"issuers/pebble\"]\nprofiles",
       "rules[0].issuers[0]", 6, "[a-z0-9-]{1,40}"},
      {"issuer twice", "[\"pebble\"]\nprofiles", "[\"pebble\", \"pebble\"]\nprofiles",
       "rules[0].issuers[1]", 6, "twice"},
      {"profiles empty", "[\"tlsserver\"]", "[]", "rules[0].profiles", 7, "got an empty list"},
      {"profile with space", "\"tlsserver\"", "\"tls server\"", "rules[0].profiles[0]", 7,
       "expected a profile"},
      {"profiles as text", "[\"tlsserver\"]", "\"tlsserver\"", "rules[0].profiles", 7,
       "got a string"},
      {"keys empty", "[\"ec-p256\"]", "[]", "rules[0].keys", 8, "got an empty list"},
      {"key unknown", "\"ec-p256\"", "\"ed25519\"", "rules[0].keys[0]", 8,
       "expected one of ec-p256, ec-p384, rsa-2048, rsa-3072, rsa-4096, got \"ed25519\""},
      {"key in capitals", "\"ec-p256\"", "\"EC-P256\"", "rules[0].keys[0]", 8, "expected one of"},
      {"key twice", "\"ec-p256\"", "\"ec-p256\", \"ec-p256\"", "rules[0].keys[1]", 8, "twice"},
      {"key defined twice", "keys = [\"ec-p256\"]", "names = []", "", 8, "not valid TOML"},
  };
  for (const BadCase& c : kCases) {
    SCOPED_TRACE(c.name);
    std::string text(kGood);
    const std::size_t at = text.find(c.from);
    ASSERT_NE(at, std::string::npos);
    const auto file = ParsePolicyFile(text.replace(at, c.from.size(), c.to), "policy.toml");
    ASSERT_THAT(file, IsError(Reason::kConfigInvalid));
    const std::string where = "policy.toml" + (c.line > 0 ? ":" + std::to_string(c.line) : "") +
                              ": " + (c.key.empty() ? "" : c.key + ": ");
    EXPECT_THAT(file.error().violations(),
                Contains(FieldsAre(c.key, Reason::kConfigInvalid,
                                   AllOf(StartsWith(where), HasSubstr(c.says)))));
  }
}

TEST(PolicyFileTest, ReportsAllProblemsAtOnce) {
  const auto file = ParsePolicyFile(
      "[[rules]]\nname = \"a b\"\nagents = [\"*\", \"spiffe://e/x\"]\nnames = [\"_.x.y\", "
      "\"0.0.0.0\"]\n"
      "isuers = []\n",
      "policy.toml");
  ASSERT_THAT(file, IsError(Reason::kConfigInvalid));
  std::vector<std::string> keys;
  for (const Violation& violation : file.error().violations()) keys.push_back(violation.subject);
  EXPECT_THAT(keys,
              ElementsAre("version", "rules[0].issuers", "rules[0].name", "rules[0].agents[0]",
                          "rules[0].names[0]", "rules[0].names[1]", "rules[0].isuers"));
}

}  // namespace
}  // namespace certbroker::policy
