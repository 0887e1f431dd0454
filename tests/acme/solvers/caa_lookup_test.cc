// CaaLookup against a real BIND 9 (tD3).
#include "acme/solvers/caa_lookup.h"

#include "tests/acme/solvers/dns_world.h"

namespace certbroker::acme {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class CaaLookupTest : public DnsWorld {
 protected:
  Result<CaaRecordSet> Find(const std::string& name) {
    const auto identifier = Identifier::Parse(name);
    EXPECT_THAT(identifier, IsOk());
    return CaaLookup(LookUp(), clock_, random_).Find(*identifier, Soon());
  }
};

TEST_F(CaaLookupTest, FindsTheRecordsOfTheNameItself) {
  const auto set = Find("caa.test");
  ASSERT_THAT(set, IsOk());
  EXPECT_EQ(set->name, "caa.test");
  EXPECT_THAT(set->records, SizeIs(2));
  EXPECT_THAT(set->records, Contains(CaaRecord{0, "issue", "ca.test"}));
}

TEST_F(CaaLookupTest, ClimbsToTheFirstNameThatHasAny) {
  for (const char* name : {"www.caa.test", "a.b.c.caa.test", "*.www.caa.test"}) {
    SCOPED_TRACE(name);
    const auto set = Find(name);
    ASSERT_THAT(set, IsOk());
    EXPECT_EQ(set->name, "caa.test");
    EXPECT_THAT(set->records, Contains(CaaRecord{0, "issuewild",
                                                 "wild.test; accounturi=https://ca.test/acct/1"}));
  }
}

TEST_F(CaaLookupTest, FollowsAnAliasToItsTarget) {
  const auto set = Find("alias.caa.test");
  ASSERT_THAT(set, IsOk());
  EXPECT_EQ(set->name, "target.caa.test");
  EXPECT_THAT(set->records, ElementsAre(CaaRecord{128, "issue", "target.test"}));
}

TEST_F(CaaLookupTest, GoesOnAboveTheAliasAndNotAboveItsTarget) {
  const auto set = Find("dangling.caa.test");
  ASSERT_THAT(set, IsOk());
  EXPECT_EQ(set->name, "caa.test");
}

TEST_F(CaaLookupTest, FindsNothingUpToTheTopLevel) {
  const auto set = Find("www.example.test");
  ASSERT_THAT(set, IsOk());
  EXPECT_THAT(set->records, IsEmpty());
}

TEST_F(CaaLookupTest, AsksNothingForAnAddress) {
  const auto set = CaaLookup({.resolvers = {{.ip = "127.0.0.1", .port = 1}}}, clock_, random_)
                       .Find(*Identifier::Parse("192.0.2.1"), Soon());
  ASSERT_THAT(set, IsOk());
  EXPECT_THAT(set->records, IsEmpty());
}

TEST_F(CaaLookupTest, FailsWhereAServerFails) {
  EXPECT_THAT(Find("www.broken.test"), IsError(Reason::kDnsUnavailable, HasSubstr("SERVFAIL")));
}

}  // namespace
}  // namespace certbroker::acme
