#include "acme/solvers/dns_message.h"

#include "tests/support/result_matchers.h"

namespace certbroker::acme {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// What `dig _acme-challenge.example.com TXT` asks, octet by octet (RFC 1035 §4.1).
TEST(DnsMessageTest, AsksAQuestion) {
  const auto query = QueryMessage("a.example", RecordType::kTxt, 0x1234, true);
  ASSERT_THAT(query, IsOk());
  EXPECT_EQ(Hex(*query),
            "12340100000100000000000001610765"
            "78616d706c650000100001");
}

TEST(DnsMessageTest, AddsAndRemovesOneRecordOfAZone) {
  const auto add = UpdateMessage(
      "example", {.kind = TxtChange::Kind::kAdd, .name = "a.example", .value = "v", .ttl = 60}, 1);
  const auto remove = UpdateMessage(
      "example", {.kind = TxtChange::Kind::kRemove, .name = "a.example", .value = "v", .ttl = 60},
      1);
  ASSERT_THAT(add, IsOk());
  ASSERT_THAT(remove, IsOk());
  // RFC 2136 §2.5.1: class IN. §2.5.4: class NONE, no time to live.
  EXPECT_EQ(Hex(*add),
            "000128000001000000010000076578616d706c650000060001"
            "0161c00c001000010000003c00020176");
  EXPECT_EQ(Hex(*remove),
            "000128000001000000010000076578616d706c650000060001"
            "0161c00c001000fe0000000000020176");
}

TEST(DnsMessageTest, RefusesWhatDoesNotFit) {
  EXPECT_THAT(QueryMessage("", RecordType::kTxt, 1, true), IsError(Reason::kInvalidArgument));
  EXPECT_THAT(QueryMessage("a..b", RecordType::kTxt, 1, true), IsError(Reason::kInvalidArgument));
  EXPECT_THAT(QueryMessage("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.b",
                           RecordType::kTxt, 1, true),
              IsError(Reason::kInvalidArgument));
  EXPECT_THAT(UpdateMessage("b", {.name = "a.b", .value = std::string(256, 'v')}, 1),
              IsError(Reason::kInvalidArgument));
}

TEST(DnsMessageTest, ReadsTheRecordsOfAnAnswer) {
  // a.example: a CNAME to B.example, which has TXT "x" "y".
  const auto octets = FromHex(
      "000184000001000200000000"
      "01610765"
      "78616d706c650000100001"
      "c00c"
      "00050001"
      "0000003c"
      "0004"
      "0142"
      "c00e"
      "c027"
      "00100001"
      "0000003c"
      "0004"
      "0178"
      "0179");
  const auto reply = ParseReply(*octets);
  ASSERT_THAT(reply, IsOk());
  EXPECT_EQ(reply->rcode, Rcode::kNoError);
  EXPECT_TRUE(reply->authoritative);
  EXPECT_THAT(reply->ValuesOf("a.example", RecordType::kCname), ElementsAre("b.example"));
  EXPECT_THAT(reply->ValuesOf("b.example", RecordType::kTxt), ElementsAre("xy"));
  EXPECT_THAT(reply->ValuesOf("a.example", RecordType::kTxt), IsEmpty());
}

TEST(DnsMessageTest, RefusesEveryTruncationOfAnAnswer) {
  const auto octets = FromHex(
      "000184000001000100000000"
      "01610765"
      "78616d706c650000100001"
      "c00c"
      "00100001"
      "0000003c"
      "0002"
      "0178");
  ASSERT_THAT(ParseReply(*octets), IsOk());
  for (std::size_t size = 0; size < octets->size(); ++size) {
    EXPECT_THAT(ParseReply(ByteView(*octets).first(size)), IsError(Reason::kDnsUnavailable))
        << size;
  }
}

TEST(DnsMessageTest, KnowsAnAnswerToItsRequest) {
  const Bytes request = *QueryMessage("a.example", RecordType::kTxt, 7, true);
  Bytes reply = request;
  EXPECT_FALSE(Answers(reply, request)) << "it is no answer";
  reply[2] |= 0x80U;
  EXPECT_TRUE(Answers(reply, request));
  reply[13] = 'A';
  EXPECT_TRUE(Answers(reply, request)) << "case does not matter";
  reply[13] = 'b';
  EXPECT_FALSE(Answers(reply, request)) << "another name";
  reply[13] = 'a';
  reply[1] = 8;
  EXPECT_FALSE(Answers(reply, request)) << "another id";
  EXPECT_FALSE(Answers({}, request));
}

TEST(DnsMessageTest, NamesRcodes) {
  EXPECT_EQ(NameOf(Rcode::kServFail), "SERVFAIL");
  EXPECT_EQ(NameOf(Rcode::kNotZone), "NOTZONE");
  EXPECT_EQ(NameOf(static_cast<Rcode>(11)), "rcode 11");
}

}  // namespace
}  // namespace certbroker::acme
