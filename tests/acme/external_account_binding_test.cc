#include "acme/external_account_binding.h"

#include "acme/json.h"
#include "core/bytes.h"
#include "tests/support/result_matchers.h"

namespace certbroker::acme {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using enum MacAlgorithm;

// 0, 1, 2…
Bytes Counting(std::size_t size) {
  Bytes octets(size);
  for (std::size_t i = 0; i < size; ++i) octets[i] = static_cast<std::uint8_t>(i);
  return octets;
}

Secret Text(std::string text) { return Secret(std::move(text)); }

const HttpsUrl kNewAccount = *HttpsUrl::Parse("https://example.com/acme/new-account");

// The key of RFC 7515 §A.3.
Jwk AccountKey() {
  return EcP256Jwk(*FromBase64Url("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
                   *FromBase64Url("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"));
}

// Shaped as RFC 8555 §7.3.4 shows it; the MACs are those of Python's hmac.
TEST(ExternalAccountBindingTest, IsTheAccountKeyUnderTheCasMac) {
  const struct {
    MacAlgorithm algorithm;
    std::size_t key_octets;
    std::string_view header;
    std::string_view signature;
  } cases[] = {
      {kHs256, 32,
       "eyJhbGciOiJIUzI1NiIsImtpZCI6ImtpZC0xIiwidXJsIjoiaHR0cHM6Ly9leGFtcGxlLmNvbS9hY21lL25ldy1hY2N"
       "vdW50In0",
       "mSSwPvG8-kvhqjCCGnVgadAL93QUMYSBZtjGNGNBO_0"},
      {kHs384, 48,
       "eyJhbGciOiJIUzM4NCIsImtpZCI6ImtpZC0xIiwidXJsIjoiaHR0cHM6Ly9leGFtcGxlLmNvbS9hY21lL25ldy1hY2N"
       "vdW50In0",
       "2vI-EFs6_XB_riRagHZmc0DLulx840LS1kWRzQMhTFswKTGlHV07uOcmy8U9BL-X"},
      {kHs512, 64,
       "eyJhbGciOiJIUzUxMiIsImtpZCI6ImtpZC0xIiwidXJsIjoiaHR0cHM6Ly9leGFtcGxlLmNvbS9hY21lL25ldy1hY2N"
       "vdW50In0",
       "ibmqHqwggbtQPpGzRAbfFUI7HnbwsdGVH9sbh_LOS_SaacIIaKgurbGW8i_0xZio0VV5VghOxfZhJPx6pE8XGQ"},
  };
  for (const auto& c : cases) {
    auto key = ParseMacKey(Text(Base64Url(Counting(c.key_octets))), c.algorithm);
    ASSERT_THAT(key, IsOk());
    EXPECT_THAT(key->warning, IsEmpty());
    const auto json = ParseJsonObject(BindExternalAccount(
        {"kid-1", c.algorithm, std::move(key->octets)}, AccountKey(), kNewAccount));
    ASSERT_THAT(json, IsOk());
    EXPECT_EQ(*(*json)["protected"].AsString(), c.header);
    EXPECT_EQ(*(*json)["payload"].AsString(), Base64Url(AsBytes(AccountKey().canonical_json)));
    EXPECT_EQ(*(*json)["signature"].AsString(), c.signature);
    EXPECT_EQ(json->AsObject()->size(), 3U);
  }
}

// RFC 8555 §7.3.4: no nonce; the kid is the CA's and may hold anything.
TEST(ExternalAccountBindingTest, TheHeaderIsAlgorithmKidAndUrl) {
  const auto json = ParseJsonObject(BindExternalAccount(
      {R"(a"},{"b)", kHs256, Secret(std::string(32, 'k'))}, AccountKey(), kNewAccount));
  const auto header = ParseJsonObject(AsText(*FromBase64Url(*(*json)["protected"].AsString())));
  ASSERT_THAT(header, IsOk());
  EXPECT_EQ(header->AsObject()->size(), 3U);
  EXPECT_EQ(*(*header)["alg"].AsString(), "HS256");
  EXPECT_EQ(*(*header)["kid"].AsString(), R"(a"},{"b)");
  EXPECT_EQ(*(*header)["url"].AsString(), kNewAccount.ToString());
}

// tJ6.
TEST(MacKeyTest, ReadsBothAlphabetsPaddedOrNot) {
  Bytes octets;
  for (int i = 0; i < 32; ++i) octets.push_back(static_cast<std::uint8_t>(0xF0 + i % 16));
  octets.push_back('x');
  for (const char* text : {"8PHy8_T19vf4-fr7_P3-__Dx8vP09fb3-Pn6-_z9_v94",
                           "8PHy8/T19vf4+fr7/P3+//Dx8vP09fb3+Pn6+/z9/v94",
                           " 8PHy8/T19vf4+fr7/P3+//Dx8vP09fb3+Pn6+/z9/v94\r\n"}) {
    const auto key = ParseMacKey(Text(text), kHs256);
    ASSERT_THAT(key, IsOk()) << text;
    EXPECT_EQ(ToBytes(AsBytes(key->octets.ExposeForUse())), octets) << text;
  }
  octets.pop_back();
  for (const char* text : {"8PHy8_T19vf4-fr7_P3-__Dx8vP09fb3-Pn6-_z9_v8",
                           "8PHy8_T19vf4-fr7_P3-__Dx8vP09fb3-Pn6-_z9_v8=",
                           "8PHy8/T19vf4+fr7/P3+//Dx8vP09fb3+Pn6+/z9/v8=\n"}) {
    const auto key = ParseMacKey(Text(text), kHs256);
    ASSERT_THAT(key, IsOk()) << text;
    EXPECT_EQ(ToBytes(AsBytes(key->octets.ExposeForUse())), octets) << text;
  }
}

TEST(MacKeyTest, RefusesOtherTextsWithAHint) {
  const struct {
    std::string_view name;
    std::string text;
    std::string_view hint;
  } cases[] = {
      {"nothing", "", "empty"},
      {"white space", " \n", "empty"},
      {"hexadecimal", Hex(Counting(32)), "hexadecimal"},
      {"upper-case hexadecimal", std::string(64, 'A'), "hexadecimal"},
      {"both alphabets", "8PHy8_T19vf4+fr7_P3-__Dx8vP09fb3-Pn6-_z9_v8", "neither"},
      {"too much padding", "8PHy8_T19vf4-fr7_P3-__Dx8vP09fb3-Pn6-_z9_v8==", "neither"},
      {"padding inside", "8PHy8_T19vf4-fr7_P3-=_Dx8vP09fb3-Pn6-_z9_v8=", "neither"},
      {"a line break inside", "8PHy8_T19vf4-fr7_P3-\n__Dx8vP09fb3-Pn6-_z9_v8", "neither"},
      {"quotes", "\"8PHy8_T19vf4-fr7_P3-__Dx8vP09fb3-Pn6-_z9_v8\"", "neither"},
      {"a PEM block", "-----BEGIN PRIVATE KEY-----", "neither"},
  };
  for (const auto& c : cases) {
    const auto key = ParseMacKey(Text(c.text), kHs256);
    EXPECT_THAT(key, IsError(Reason::kConfigInvalid, HasSubstr(std::string(c.hint)))) << c.name;
    if (!key && c.text.size() > 2) {
      EXPECT_THAT(key.error().detail(), Not(HasSubstr(c.text.substr(0, 8)))) << "no key in a text";
    }
  }
}

// RFC 7518 §3.2; Pebble from 2.6 on refuses HS512 with 48 octets.
TEST(MacKeyTest, TheKeyMustBeAsLongAsTheHash) {
  const auto parse = [](std::size_t octets, MacAlgorithm algorithm) {
    return ParseMacKey(Text(Base64Url(Counting(octets))), algorithm);
  };
  EXPECT_THAT(parse(64, kHs512), IsOk());
  EXPECT_THAT(parse(63, kHs512),
              IsError(Reason::kConfigInvalid, AllOf(HasSubstr("63 octets"), HasSubstr("HS384"))));
  EXPECT_THAT(parse(48, kHs384), IsOk());
  EXPECT_THAT(parse(47, kHs384), IsError(Reason::kConfigInvalid, HasSubstr("use HS256")));
  EXPECT_THAT(parse(32, kHs256)->warning, IsEmpty());
  EXPECT_THAT(parse(31, kHs256)->warning, HasSubstr("31 octets"));
  EXPECT_THAT(parse(16, kHs256)->warning, HasSubstr("16 octets"));
  EXPECT_THAT(parse(15, kHs256), IsError(Reason::kConfigInvalid, HasSubstr("identifier")));
  EXPECT_THAT(parse(15, kHs512), IsError(Reason::kConfigInvalid, HasSubstr("identifier")));
}

TEST(MacKeyTest, WarnsOfAKeyThatIsEncodedTwice) {
  const std::string once = Base64Url(Counting(32));
  EXPECT_THAT(ParseMacKey(Text(Base64Url(AsBytes(once))), kHs256)->warning, HasSubstr("twice"));
}

TEST(MacAlgorithmTest, NamesGoBothWays) {
  for (const MacAlgorithm algorithm : {kHs256, kHs384, kHs512}) {
    EXPECT_EQ(MacAlgorithmFromName(ToString(algorithm)), algorithm);
  }
  EXPECT_EQ(MacAlgorithmFromName("none"), std::nullopt);
  EXPECT_EQ(MacAlgorithmFromName("hs256"), std::nullopt);
}

}  // namespace
}  // namespace certbroker::acme
