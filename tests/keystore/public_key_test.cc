#include "keystore/public_key.h"

#include "tests/support/result_matchers.h"

namespace certbroker::keystore {
namespace {

using ::testing::HasSubstr;

// The P-256 key of RFC 7515 appendix A.3, and its signature over the signing input there.
constexpr std::string_view kX = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
constexpr std::string_view kY = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
constexpr std::string_view kClaims =
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
    "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
constexpr std::string_view kSignature =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

// The P-384 key of RFC 6979 §A.2.6, and its signature over "sample" with SHA-384.
constexpr std::string_view kX384 =
    "ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc"
    "13";
constexpr std::string_view kY384 =
    "8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd25332647"
    "20";
constexpr std::string_view kSignature384 =
    "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe"
    "4699ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a3862"
    "8ac8";

// The RSA key of RFC 7515 §A.2, and its signature over the signing input there.
constexpr std::string_view kModulus =
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4"
    "QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdb"
    "BYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-D"
    "WNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
constexpr std::string_view kRsaSignature =
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5ju"
    "jGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07"
    "Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipU"
    "TI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
const Bytes kExponent{1, 0, 1};

Bytes PointOf(const Bytes& x, const Bytes& y) {
  Bytes point = {0x04};
  point.insert(point.end(), x.begin(), x.end());
  point.insert(point.end(), y.begin(), y.end());
  return point;
}

Bytes Point() { return PointOf(*FromBase64Url(kX), *FromBase64Url(kY)); }
Bytes Point384() { return PointOf(*FromHex(kX384), *FromHex(kY384)); }

Bytes Wrapped(const Bytes& point) {
  Bytes wrapped = {0x04, static_cast<std::uint8_t>(point.size())};
  wrapped.insert(wrapped.end(), point.begin(), point.end());
  return wrapped;
}

Bytes Digest(KeyKind kind, std::string_view header) {
  return DigestFor(kind, AsBytes(std::string(header).append(kClaims)));
}

void ExpectOnly(const PublicKey& key, const Bytes& digest, const Bytes& signature) {
  EXPECT_TRUE(key.Verifies(digest, signature));
  for (std::size_t i = 0; i < signature.size(); i += 7) {
    Bytes changed = signature;
    changed[i] ^= 0x10;
    EXPECT_FALSE(key.Verifies(digest, changed)) << i;
  }
  Bytes shorter = signature;
  shorter.pop_back();
  EXPECT_FALSE(key.Verifies(digest, shorter));
  EXPECT_FALSE(key.Verifies(digest, {}));
  EXPECT_FALSE(key.Verifies(digest, Bytes(signature.size(), 0)));
  EXPECT_FALSE(key.Verifies(DigestFor(key.kind(), AsBytes("another text")), signature));
}

TEST(PublicKeyTest, ReadsThePointAsTokensGiveIt) {
  const auto wrapped = PublicKey::FromEcPoint(Wrapped(Point()));
  const auto raw = PublicKey::FromEcPoint(Point());
  ASSERT_THAT(wrapped, IsOk());
  ASSERT_THAT(raw, IsOk());
  EXPECT_EQ(*wrapped, *raw);
  EXPECT_EQ(wrapped->kind(), KeyKind::kEcP256);
  EXPECT_EQ(wrapped->jwk(), EcP256Jwk(*FromBase64Url(kX), *FromBase64Url(kY)));
  // By Python's hashlib over the canonical JSON of RFC 7638 §3.
  EXPECT_EQ(wrapped->thumbprint(), "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");

  const auto wrapped384 = PublicKey::FromEcPoint(Wrapped(Point384()));
  ASSERT_THAT(wrapped384, IsOk());
  EXPECT_EQ(*wrapped384, *PublicKey::FromEcPoint(Point384()));
  EXPECT_EQ(wrapped384->kind(), KeyKind::kEcP384);
  EXPECT_EQ(wrapped384->jwk(), EcP384Jwk(*FromHex(kX384), *FromHex(kY384)));
}

TEST(PublicKeyTest, RefusesWhatIsNoPointOfItsCurves) {
  Bytes off_curve = Point();
  off_curve.back() ^= 1;
  Bytes off_curve384 = Point384();
  off_curve384.back() ^= 1;
  Bytes compressed = Point();
  compressed.resize(33);
  compressed[0] = 0x02;
  Bytes longer = Wrapped(Point());
  longer.push_back(0);
  Bytes wrong_length = Wrapped(Point());
  wrong_length[1] = 0x40;
  for (const Bytes& bad :
       {Bytes(), Bytes{0x04}, off_curve, Wrapped(off_curve), off_curve384, compressed, longer,
        wrong_length, Bytes(65, 0), Bytes(97, 4), Bytes(99, 4), Bytes(133, 4)}) {
    EXPECT_THAT(PublicKey::FromEcPoint(bad), IsError(Reason::kHsmKeyRefused)) << Hex(bad);
  }
}

TEST(PublicKeyTest, ReadsAnRsaKeyWithOrWithoutSignOctets) {
  Bytes padded = *FromBase64Url(kModulus);
  padded.insert(padded.begin(), 0);
  const auto key = PublicKey::FromRsa(padded, Bytes{0, 1, 0, 1});
  ASSERT_THAT(key, IsOk());
  EXPECT_EQ(key->kind(), KeyKind::kRsa2048);
  EXPECT_EQ(*key, *PublicKey::FromRsa(*FromBase64Url(kModulus), kExponent));
  EXPECT_EQ(key->jwk(), RsaJwk(*FromBase64Url(kModulus), kExponent));
  EXPECT_EQ(PublicKey::FromRsa(Bytes(384, 0xC1), kExponent)->kind(), KeyKind::kRsa3072);
}

// RFC 7638 §3.1.
TEST(PublicKeyTest, TheThumbprintIsThatOfTheRfc) {
  const auto key = PublicKey::FromRsa(
      *FromBase64Url(
          "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_B"
          "JECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_F"
          "DW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4"
          "vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"),
      kExponent);
  ASSERT_THAT(key, IsOk());
  EXPECT_EQ(key->thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

TEST(PublicKeyTest, RefusesOtherRsaKeys) {
  const struct {
    Bytes modulus;
    Bytes exponent;
    std::string_view says;
  } cases[] = {
      {{}, kExponent, "0 bits"},
      {Bytes(256, 0), kExponent, "0 bits"},
      {Bytes(128, 0xC1), kExponent, "1024 bits"},
      {Bytes(256, 0x41), kExponent, "2047 bits"},
      {Bytes(512, 0xC1), kExponent, "4096 bits"},
      {Bytes(256, 0xC1), {3}, "65537"},
      {Bytes(256, 0xC1), {}, "65537"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(PublicKey::FromRsa(c.modulus, c.exponent),
                IsError(Reason::kHsmKeyRefused, HasSubstr(std::string(c.says))));
  }
}

TEST(PublicKeyTest, VerifiesTheSignaturesOfTheRfcs) {
  const auto p256 = PublicKey::FromEcPoint(Point());
  ExpectOnly(*p256, Digest(KeyKind::kEcP256, "eyJhbGciOiJFUzI1NiJ9"), *FromBase64Url(kSignature));
  const auto p384 = PublicKey::FromEcPoint(Point384());
  ExpectOnly(*p384, DigestFor(KeyKind::kEcP384, AsBytes("sample")), *FromHex(kSignature384));
  const auto rsa = PublicKey::FromRsa(*FromBase64Url(kModulus), kExponent);
  ExpectOnly(*rsa, Digest(KeyKind::kRsa2048, "eyJhbGciOiJSUzI1NiJ9"),
             *FromBase64Url(kRsaSignature));
}

}  // namespace
}  // namespace certbroker::keystore
