#include "service/policy/name_grant.h"

#include "tests/support/result_matchers.h"

namespace certbroker::policy {
namespace {

using ::testing::HasSubstr;

Identifier Name(std::string_view text) { return *Identifier::Parse(text); }

struct GrantCase {
  std::string entry, name;
  bool grants;
  std::string why_not;  // part of it; empty: no hint
};

// T19: a wildcard needs its own grant, and grants nothing but itself.
TEST(NameGrantTest, GrantsByNameSubtreeOrWildcard) {
  const GrantCase kCases[] = {
      {"www.example.com", "www.example.com", true, ""},
      {"www.example.com", "WWW.Example.COM.", true, ""},
      {"WWW.Example.COM.", "www.example.com", true, ""},
      {"www.example.com", "ww.example.com", false, ""},
      {"www.example.com", "a.www.example.com", false, ""},
      {"www.example.com", "*.example.com", false, ""},
      {"www.example.com", "*.www.example.com", false, ""},
      {"example.com", "www.example.com", false, ""},
      {".example.com", "www.example.com", true, ""},
      {".example.com", "a.b.c.example.com", true, ""},
      {".Example.com.", "www.example.com", true, ""},
      {".example.com", "example.com", false, "the names below it"},
      {".example.com", "badexample.com", false, ""},
      {".example.com", "example.com.attacker.example", false, ""},
      {".example.com", "*.example.com", false, "grants no wildcards"},
      {".example.com", "*.a.example.com", false, "grants no wildcards"},
      {".a.example.com", "*.example.com", false, ""},
      {".example.com", "*.badexample.com", false, ""},
      {"*.example.com", "*.example.com", true, ""},
      {"*.example.com", "www.example.com", false, "that wildcard name only"},
      {"*.example.com", "a.www.example.com", false, ""},
      {"*.example.com", "example.com", false, ""},
      {"*.example.com", "*.www.example.com", false, ""},
      {"*.www.example.com", "*.example.com", false, ""},
  };
  for (const GrantCase& c : kCases) {
    SCOPED_TRACE(c.entry + " on " + c.name);
    const auto grant = NameGrant::Parse(c.entry);
    ASSERT_THAT(grant, IsOk());
    EXPECT_EQ(grant->Grants(Name(c.name)), c.grants);
    if (c.grants) continue;
    const std::string why_not = grant->WhyNot(Name(c.name));
    EXPECT_EQ(why_not.empty(), c.why_not.empty()) << why_not;
    EXPECT_THAT(why_not, HasSubstr(c.why_not));
  }
}

constexpr const char* kUnicode =
    "b\xC3\xBC"
    "cher.example";

TEST(NameGrantTest, RefusesWhatNoCertificateCanHold) {
  for (const std::string entry : {"",
                                  ".",
                                  "..example.com",
                                  "example..com",
                                  "localhost",
                                  ".com",
                                  "*",
                                  "*.com",
                                  "*.co.uk",
                                  "a.*.example.com",
                                  "*.*.example.com",
                                  "w*.example.com",
                                  "*example.com",
                                  "_acme.example.com",
                                  "0.0.0.0",
                                  ".10.0.0.1",
                                  kUnicode,
                                  "a b.example.com",
                                  "https://www.example.com",
                                  "www.example.com/",
                                  "-a.example.com"}) {
    EXPECT_THAT(NameGrant::Parse(entry), IsError(Reason::kConfigInvalid)) << entry;
  }
}

TEST(NameGrantTest, GrantsAnAddressAndNoOther) {
  const auto grant = NameGrant::Parse("2001:DB8::1");
  ASSERT_THAT(grant, IsOk());
  EXPECT_TRUE(grant->Grants(*Identifier::Parse("2001:db8:0::1")));
  EXPECT_FALSE(grant->Grants(*Identifier::Parse("2001:db8::2")));
  EXPECT_FALSE(grant->Grants(*Identifier::Parse("192.0.2.1")));
}

TEST(NameGrantTest, TellsSubtreeFromWildcard) {
  EXPECT_THAT(NameGrant::Parse(".*.example.com"),
              IsError(Reason::kConfigInvalid,
                      HasSubstr("give \"*.example.com\" for that one wildcard name, "
                                "\".example.com\" for all names below")));
}

}  // namespace
}  // namespace certbroker::policy
