#include "pki/der.h"

#include "tests/pki/forge.h"
#include "tests/support/result_matchers.h"

namespace certbroker::pki {
namespace {

struct DerCase {
  std::string_view name;
  std::string_view hex;
};

TEST(DerTest, TakesDer) {
  const DerCase kCases[] = {
      {"null", "0500"},
      {"empty sequence", "3000"},
      {"true and false", "30060101ff010100"},
      {"small integers", "300d02010002017f020200800201ff"},
      {"bit string with unused bits", "03020780"},
      {"empty bit string", "030100"},
      {"object identifier of two-octet arcs", "06032a8648"},
      {"any octets in an octet string", "04023080"},
      {"context tags of both kinds", "30048000a000"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_TRUE(IsStrictDer(*FromHex(c.hex)));
  }
}

TEST(DerTest, RefusesEverythingElse) {
  const DerCase kCases[] = {
      {"nothing", ""},
      {"a tag alone", "30"},
      {"length beyond the end", "300105"},
      {"no content", "3001"},
      {"something behind", "050000"},
      {"indefinite length", "30800000"},
      {"long form for a short length", "308100"},
      {"long form with a leading zero", "30820080"},
      {"length in five octets", "30850000000000"},
      {"length octets cut off", "3082ff"},
      {"reserved length octet", "30ff"},
      {"tag of several octets", "1f810100"},
      {"end of contents", "0000"},
      {"empty boolean", "0100"},
      {"boolean that is neither", "010101"},
      {"boolean of two octets", "0102ffff"},
      {"empty integer", "0200"},
      {"integer with a needless zero", "02020001"},
      {"negative integer with a needless one", "0202ff80"},
      {"enumerated with a needless zero", "0a020001"},
      {"bit string without its first octet", "0300"},
      {"bit string with eight unused bits", "03020800"},
      {"unused bits of nothing", "030101"},
      {"unused bits that are set", "03020101"},
      {"null with content", "050100"},
      {"empty object identifier", "0600"},
      {"object identifier that does not end", "06022a86"},
      {"arc with a needless octet", "06032a8001"},
      {"primitive sequence", "1000"},
      {"primitive set", "1100"},
      {"constructed octet string", "24030401aa"},
      {"constructed integer", "2203020101"},
      {"wrong inside", "3003010101"},
      {"wrong far inside", "3005a003010101"},
      {"inner value longer than the outer", "30020201"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_FALSE(IsStrictDer(*FromHex(c.hex)));
  }
}

TEST(DerTest, StopsAtSixteenLevels) {
  Bytes nested = *FromHex("0500");
  for (int i = 0; i < 16; ++i) nested = forge::Der(der_tag::kSequence, {nested});
  EXPECT_TRUE(IsStrictDer(nested));

  nested = forge::Der(der_tag::kSequence, {nested});
  EXPECT_FALSE(IsStrictDer(nested));
}

TEST(DerTest, ReadsLongLengths) {
  for (const std::size_t size : {127U, 128U, 255U, 256U, 65535U, 65536U}) {
    SCOPED_TRACE(size);
    const Bytes der = forge::Der(der_tag::kOctetString, {Bytes(size, 0xAA)});
    DerReader reader(der);
    const auto value = reader.Next();
    ASSERT_TRUE(value.has_value());
    EXPECT_EQ(value->content.size(), size);
    EXPECT_EQ(value->whole.size(), der.size());
    EXPECT_TRUE(reader.empty());
  }
}

TEST(DerTest, WalksValuesInTurnAndStaysAtAnotherTag) {
  const Bytes der = *FromHex("0201050500");
  DerReader reader(der);

  EXPECT_FALSE(reader.Next(der_tag::kNull).has_value());
  const auto integer = reader.Next(der_tag::kInteger);
  ASSERT_TRUE(integer.has_value());
  EXPECT_EQ(Hex(integer->content), "05");
  EXPECT_EQ(Hex(integer->whole), "020105");
  EXPECT_TRUE(reader.Next(der_tag::kNull).has_value());
  EXPECT_TRUE(reader.empty());
  EXPECT_FALSE(reader.Next().has_value());
}

}  // namespace
}  // namespace certbroker::pki
