#include "tests/fakes/scripted_ca/dns_message.h"

namespace certbroker::scripted_ca {
namespace {

using namespace std::string_literals;

// RFC 1035 §4.1, by hand: one question, two answers, the second with a compressed owner.
const std::string kAnswer =
    "\x12\x34\x81\x80\x00\x01\x00\x02\x00\x00\x00\x00"s  // header
    "\x01\x41\x07\x65xample\x00\x00\x10\x00\x01"s        // A.example TXT IN
    "\xC0\x0C\x00\x05\x00\x01\x00\x00\x00\x3C\x00\x04"s  // CNAME
    "\x01\x62\xC0\x0E"s                                  // b.example
    "\xC0\x27\x00\x10\x00\x01\x00\x00\x00\x3C\x00\x07"s  // TXT of b.example
    "\x02hi\x03you"s;

TEST(DnsMessageTest, ReadsAliasesAndTextsWithCompressedNames) {
  const auto answer = ParseDnsAnswer(AsBytes(kAnswer));

  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->id, 0x1234);
  EXPECT_EQ(answer->code, 0);
  ASSERT_EQ(answer->records.size(), 2U);
  EXPECT_EQ(answer->records[0].owner, "a.example");
  EXPECT_EQ(answer->records[0].alias, "b.example");
  EXPECT_EQ(answer->records[1].owner, "b.example");
  EXPECT_EQ(answer->records[1].text, "hiyou");
}

TEST(DnsMessageTest, RefusesWhatEndsTooEarly) {
  for (std::size_t size = 0; size < kAnswer.size(); ++size) {
    EXPECT_FALSE(ParseDnsAnswer(AsBytes(kAnswer).first(size)).has_value()) << size;
  }
}

TEST(DnsMessageTest, RefusesPointersThatDoNotLeadBack) {
  const std::string loop =
      "\x12\x34\x81\x80\x00\x01\x00\x00\x00\x00\x00\x00\xC0\x0C\x00\x10\x00\x01"s;

  EXPECT_FALSE(ParseDnsAnswer(AsBytes(loop)).has_value());
}

TEST(DnsMessageTest, TellsAQueryFromAnAnswer) {
  const auto query = TxtQuery(7, "_acme-challenge.a.example");

  ASSERT_TRUE(query.has_value());
  EXPECT_FALSE(ParseDnsAnswer(*query).has_value());
  EXPECT_THAT(std::string(AsText(*query)), ::testing::HasSubstr("\x0F_acme-challenge\x01"
                                                                "a"));
}

TEST(DnsMessageTest, AsksForNamesOnly) {
  for (const std::string& name : {""s, "a..example"s, std::string(64, 'a')}) {
    EXPECT_FALSE(TxtQuery(7, name).has_value()) << name;
  }
}

}  // namespace
}  // namespace certbroker::scripted_ca
