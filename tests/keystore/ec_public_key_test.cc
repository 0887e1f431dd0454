#include "keystore/ec_public_key.h"

#include "tests/support/result_matchers.h"

namespace certbroker::keystore {
namespace {

// The P-256 key of RFC 7515 appendix A.3, and its signature over the signing input there.
constexpr std::string_view kX = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
constexpr std::string_view kY = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
constexpr std::string_view kInput =
    "eyJhbGciOiJFUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
    "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
constexpr std::string_view kSignature =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

Bytes Point() {
  Bytes point = {0x04};
  for (const std::string_view coordinate : {kX, kY}) {
    const Bytes octets = *FromBase64Url(coordinate);
    point.insert(point.end(), octets.begin(), octets.end());
  }
  return point;
}

Bytes Wrapped(const Bytes& point) {
  Bytes wrapped = {0x04, static_cast<std::uint8_t>(point.size())};
  wrapped.insert(wrapped.end(), point.begin(), point.end());
  return wrapped;
}

TEST(EcPublicKeyTest, ReadsThePointAsTokensGiveIt) {
  const auto wrapped = EcPublicKey::FromEcPoint(Wrapped(Point()));
  const auto raw = EcPublicKey::FromEcPoint(Point());
  ASSERT_THAT(wrapped, IsOk());
  ASSERT_THAT(raw, IsOk());
  EXPECT_EQ(*wrapped, *raw);
  EXPECT_EQ(wrapped->jwk(), EcP256Jwk(*FromBase64Url(kX), *FromBase64Url(kY)));
  // By Python's hashlib over the canonical JSON of RFC 7638 §3.
  EXPECT_EQ(wrapped->thumbprint(), "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
}

TEST(EcPublicKeyTest, RefusesWhatIsNoPointOfP256) {
  Bytes off_curve = Point();
  off_curve.back() ^= 1;
  Bytes compressed = Point();
  compressed.resize(33);
  compressed[0] = 0x02;
  Bytes longer = Wrapped(Point());
  longer.push_back(0);
  Bytes wrong_length = Wrapped(Point());
  wrong_length[1] = 0x40;
  for (const Bytes& bad : {Bytes(), Bytes{0x04}, off_curve, Wrapped(off_curve), compressed, longer,
                           wrong_length, Bytes(65, 0), Bytes(97, 4)}) {
    EXPECT_THAT(EcPublicKey::FromEcPoint(bad), IsError(Reason::kHsmKeyRefused)) << Hex(bad);
  }
}

TEST(EcPublicKeyTest, VerifiesTheSignatureOfTheRfc) {
  const auto key = EcPublicKey::FromEcPoint(Point());
  ASSERT_THAT(key, IsOk());
  const Bytes digest = Sha256(AsBytes(kInput));
  const Bytes signature = *FromBase64Url(kSignature);
  EXPECT_TRUE(key->Verifies(digest, signature));
  for (std::size_t i = 0; i < signature.size(); i += 7) {
    Bytes changed = signature;
    changed[i] ^= 0x10;
    EXPECT_FALSE(key->Verifies(digest, changed)) << i;
  }
  Bytes shorter = signature;
  shorter.pop_back();
  EXPECT_FALSE(key->Verifies(digest, shorter));
  EXPECT_FALSE(key->Verifies(digest, {}));
  EXPECT_FALSE(key->Verifies(digest, Bytes(64, 0)));
  EXPECT_FALSE(key->Verifies(Sha256(AsBytes("another text")), signature));
}

}  // namespace
}  // namespace certbroker::keystore
