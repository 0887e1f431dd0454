#include "core/bytes.h"

namespace certbroker {
namespace {

using ::testing::Eq;
using ::testing::Optional;

struct Vector {
  std::string_view text, base64url;
};

// RFC 4648 §10, without the padding.
constexpr Vector kVectors[] = {
    {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},         {"foo", "Zm9v"},
    {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};

TEST(Base64UrlTest, MatchesTheVectorsOfRfc4648) {
  for (const auto& [text, encoded] : kVectors) {
    EXPECT_EQ(Base64Url(AsBytes(text)), encoded);
    EXPECT_THAT(FromBase64Url(encoded), Optional(Eq(ToBytes(AsBytes(text)))));
  }
}

TEST(Base64UrlTest, UsesTheUrlAlphabet) {
  const Bytes bytes = {0xFB, 0xEF, 0xFF};
  EXPECT_EQ(Base64Url(bytes), "--__");
  EXPECT_THAT(FromBase64Url("--__"), Optional(Eq(bytes)));
}

TEST(Base64UrlTest, RefusesWhatIsNotTheOneCanonicalEncoding) {
  for (const std::string_view bad :
       {"Zg==", "Zm9v\n", "Zm9 v", "Zm+v", "Zm/v", "Z", "Zm9vY", "Zh"}) {
    EXPECT_EQ(FromBase64Url(bad), std::nullopt) << bad;
  }
}

TEST(Base64UrlTest, ItsCharactersAreThoseOfTheUrlAlphabet) {
  std::string taken;
  for (int octet = 0; octet < 256; ++octet) {
    const std::string one(1, static_cast<char>(octet));
    if (HasOnlyBase64UrlCharacters(one)) taken += one;
  }
  EXPECT_EQ(taken, "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz");
  EXPECT_TRUE(HasOnlyBase64UrlCharacters(taken));
  EXPECT_FALSE(HasOnlyBase64UrlCharacters(taken + "="));
}

TEST(HexTest, RoundTripsAndAcceptsUpperCase) {
  const Bytes bytes = {0x00, 0x7F, 0xAB, 0xFF};
  EXPECT_EQ(Hex(bytes), "007fabff");
  EXPECT_THAT(FromHex("007FabFF"), Optional(Eq(bytes)));
  EXPECT_EQ(FromHex("0"), std::nullopt);
  EXPECT_EQ(FromHex("0g"), std::nullopt);
}

}  // namespace
}  // namespace certbroker
