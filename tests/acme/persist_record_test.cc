// C6: draft-ietf-acme-dns-persist.
#include "acme/persist_record.h"

#include "tests/fakes/fake_clock.h"
#include "tests/support/result_matchers.h"

namespace certbroker::acme {
namespace {

using std::chrono::hours;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const HttpsUrl kAccount = *HttpsUrl::Parse("https://ca.example/acct/123");
const PersistNeed kNeed{{"authority.example", "other-name.example"}, kAccount};
const Time kCheckTime = FakeClock().Now();

PersistVerdict Judge(const std::vector<std::string>& texts) {
  return JudgePersistRecords(texts, kNeed, kCheckTime);
}

TEST(PersistRecordTest, StandsBesideTheNameWithoutItsWildcard) {
  EXPECT_EQ(PersistRecordName(*Identifier::Parse("www.example.com")),
            "_validation-persist.www.example.com");
  EXPECT_EQ(PersistRecordName(*Identifier::Parse("*.example.com")),
            "_validation-persist.example.com");
}

TEST(PersistRecordTest, WhatIsWrittenIsReadBack) {
  const struct {
    PersistRecord record;
    std::string_view text;
  } cases[] = {
      {{"authority.example", kAccount},
       "authority.example; accounturi=https://ca.example/acct/123"},
      {{"authority.example", kAccount, true},
       "authority.example; accounturi=https://ca.example/acct/123; policy=wildcard"},
      {{"authority.example", kAccount, true, *ParseRfc3339("2026-12-01T00:00:00Z")},
       "authority.example; accounturi=https://ca.example/acct/123; policy=wildcard; "
       "persistUntil=1796083200"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(PersistRecordText(c.record), c.text);
    EXPECT_THAT(ParsePersistRecord(c.text), IsOkAndHolds(c.record));
  }
}

TEST(PersistRecordTest, ReadsEveryLegalSpelling) {
  const PersistRecord want{"authority.example", kAccount, true};
  for (const std::string_view text : {
           "Authority.EXAMPLE.;accounturi=https://ca.example/acct/123;policy=wildcard",
           " authority.example ;\tPolicy = WILDCARD ; AccountURI = https://ca.example/acct/123 ",
           "authority.example; new=x; new=y; policy=wildcard; "
           "accounturi=https://ca.example/acct/123",
       }) {
    EXPECT_THAT(ParsePersistRecord(text), IsOkAndHolds(want)) << text;
  }
  EXPECT_FALSE(
      ParsePersistRecord("a.example; accounturi=https://ca.example/acct/123; policy=specific")
          ->wildcard);
}

TEST(PersistRecordTest, RefusesWhatACaIgnores) {
  const struct {
    std::string_view text;
    std::string_view says;
  } cases[] = {
      {"", "CA's name"},
      {"; accounturi=https://ca.example/a", "CA's name"},
      {".; accounturi=https://ca.example/a", "CA's name"},
      {"authority.example..; accounturi=https://ca.example/a", "CA's name"},
      {"authority.example", "no accounturi"},
      {"authority.example; policy=wildcard", "no accounturi"},
      {"authority.example; accounturi=", "no https URL"},
      {"authority.example; accounturi=http://ca.example/a", "no https URL"},
      {"authority.example; accounturi=https://ca.example/a;", "nothing behind it"},
      {"authority.example;; accounturi=https://ca.example/a", "nothing behind it"},
      {"authority.example; accounturi=https://ca.example/a; accounturi=https://ca.example/b",
       "twice"},
      {"authority.example; accounturi=https://ca.example/a; policy", "no tag=value"},
      {"authority.example; accounturi=https://ca.example/a; =x", "no tag"},
      {"authority.example; accounturi=https://ca.example/a b", "white space"},
      {"authority.example; accounturi=https://ca.example/a; persistUntil=soon", "no number"},
      {"authority.example; accounturi=https://ca.example/a; persistUntil=-1", "no number"},
      {"authority.example; accounturi=https://ca.example/a; persistUntil=99999999999999999999",
       "no number"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(ParsePersistRecord(c.text),
                IsError(Reason::kInvalidArgument, HasSubstr(std::string(c.says))))
        << c.text;
  }
}

TEST(PersistVerdictTest, OneRecordThatFitsIsEnough) {
  const PersistVerdict verdict =
      Judge({"v=spf1 -all", "stranger.example; accounturi=https://x.example/1",
             "other-name.example; accounturi=https://ca.example/acct/123"});
  EXPECT_TRUE(verdict.sufficient);
  EXPECT_EQ(verdict.until, std::nullopt);
  EXPECT_THAT(verdict.remarks, IsEmpty()) << "other CAs' records are none of our business";
}

TEST(PersistVerdictTest, SaysWhyARecordOfThisCaDoesNotDo) {
  const PersistVerdict verdict =
      Judge({"authority.example; accounturi=https://ca.example/acct/9",
             "authority.example; accounturi=https://ca.example/acct/123; persistUntil=1000000000",
             "authority.example; accounturi=https://ca.example/acct/123;"});
  EXPECT_FALSE(verdict.sufficient);
  EXPECT_THAT(verdict.remarks,
              ElementsAre(HasSubstr("another account"), HasSubstr("ended at 2001-09-09T01:46:40Z"),
                          HasSubstr("nothing behind it")));
  EXPECT_FALSE(Judge({}).sufficient);
}

TEST(PersistVerdictTest, AWildcardNeedsThePolicy) {
  PersistNeed need = kNeed;
  need.wildcard = true;
  const std::string plain = "authority.example; accounturi=https://ca.example/acct/123";
  EXPECT_THAT(JudgePersistRecords({plain}, need, kCheckTime).remarks,
              ElementsAre(HasSubstr("policy=wildcard")));
  EXPECT_TRUE(JudgePersistRecords({plain + "; policy=wildcard"}, need, kCheckTime).sufficient);
  EXPECT_TRUE(Judge({plain + "; policy=wildcard"}).sufficient) << "it covers the name itself too";
}

TEST(PersistVerdictTest, WarnsBeforeTheLastOneEnds) {
  const auto until = [](hours left) {
    return PersistRecordText({"authority.example", kAccount, false, kCheckTime + left});
  };
  const PersistVerdict soon = Judge({until(hours(5)), until(hours(24 * 29))});
  EXPECT_TRUE(soon.sufficient);
  EXPECT_EQ(soon.until, kCheckTime + hours(24 * 29));
  EXPECT_THAT(soon.remarks, ElementsAre(HasSubstr("raise persistUntil")));
  EXPECT_THAT(Judge({until(hours(24 * 31))}).remarks, IsEmpty());
  const std::string for_ever = PersistRecordText({"authority.example", kAccount});
  EXPECT_EQ(Judge({until(hours(5)), for_ever}).until, std::nullopt);
  EXPECT_THAT(Judge({for_ever, until(hours(5))}).remarks, SizeIs(0));
}

}  // namespace
}  // namespace certbroker::acme
