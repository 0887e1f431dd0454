#include "pki/hmac.h"

#include "tests/support/result_matchers.h"

namespace certbroker::pki {
namespace {

Secret Key(ByteView octets) { return Secret(std::string(AsText(octets))); }

// RFC 7515 §A.1.
TEST(HmacTest, MakesTheMacOfTheJwsExample) {
  const auto key = FromBase64Url(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  EXPECT_EQ(Base64Url(Hmac(HmacHash::kSha256, Key(*key),
                           AsBytes("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
                                   ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leG"
                                   "FtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"))),
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

// RFC 4231 §4.3, and §4.7 with a key longer than any block.
TEST(HmacTest, MakesTheMacsOfItsRfc) {
  const ByteView text = AsBytes("what do ya want for nothing?");
  const Secret jefe = Key(AsBytes("Jefe"));
  EXPECT_EQ(Hex(Hmac(HmacHash::kSha256, jefe, text)),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(Hex(Hmac(HmacHash::kSha384, jefe, text)),
            "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
            "8e2240ca5e69e2c78b3239ecfab21649");
  EXPECT_EQ(Hex(Hmac(HmacHash::kSha512, jefe, text)),
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
            "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
  EXPECT_EQ(Hex(Hmac(HmacHash::kSha256, Key(Bytes(131, 0xAA)),
                     AsBytes("Test Using Larger Than Block-Size Key - Hash Key First"))),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HmacTest, AMacIsAsLongAsItsHash) {
  const std::pair<HmacHash, std::size_t> cases[] = {
      {HmacHash::kSha256, 32}, {HmacHash::kSha384, 48}, {HmacHash::kSha512, 64}};
  for (const auto& [hash, octets] : cases) {
    EXPECT_EQ(MacSize(hash), octets);
    EXPECT_EQ(Hmac(hash, Secret(), {}).size(), octets);
  }
}

}  // namespace
}  // namespace certbroker::pki
