#include "core/jws.h"

#include "tests/support/result_matchers.h"

namespace certbroker {
namespace {

using ::testing::StartsWith;

// The P-256 key of RFC 7515 appendix A.3.
constexpr std::string_view kX = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
constexpr std::string_view kY = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

Jwk TestKey() { return EcP256Jwk(*FromBase64Url(kX), *FromBase64Url(kY)); }

JwsInput TestInput() {
  return {.purpose = SignaturePurpose::kNewOrder,
          .url = *HttpsUrl::Parse("https://acme.example/new-order"),
          .nonce = *Nonce::Parse("abc_-1"),
          .account_url = *HttpsUrl::Parse("https://acme.example/acct/1"),
          .payload = R"({"identifiers":[]})",
          .subject = ""};
}

std::string Decode(std::string_view text) {
  const auto bytes = FromBase64Url(text);
  return bytes ? std::string(AsText(*bytes)) : "not base64url";
}

TEST(JwkTest, IsCanonicalForTheThumbprint) {
  EXPECT_EQ(TestKey().canonical_json,
            R"({"crv":"P-256","kty":"EC","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
            R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})");
}

// RFC 7518 §6.2.1.2: the coordinates keep their leading zero octets.
TEST(JwkTest, KeepsLeadingZeros) {
  Bytes x(32, 0);
  x[31] = 1;
  EXPECT_NE(EcP256Jwk(x, x).canonical_json.find("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"),
            std::string::npos);
}

TEST(JwkTest, P384HasLongerCoordinates) {
  Bytes x(48, 0);
  x[47] = 1;
  const Jwk key = EcP384Jwk(x, x);
  EXPECT_EQ(key.algorithm, "ES384");
  std::string coordinate(64, 'A');
  coordinate.back() = 'B';
  EXPECT_EQ(key.canonical_json, R"({"crv":"P-384","kty":"EC","x":")" + coordinate + R"(","y":")" +
                                    coordinate + R"("})");
}

// RFC 7518 §6.3.1, §2: as few octets as possible; members in the order of RFC 7638 §3.
TEST(JwkTest, RsaNumbersHaveNoLeadingZeros) {
  const Jwk key = RsaJwk(Bytes{0, 0, 0xC1, 0}, Bytes{0, 1, 0, 1});
  EXPECT_EQ(key.algorithm, "RS256");
  EXPECT_EQ(key.canonical_json, R"({"e":"AQAB","kty":"RSA","n":"wQA"})");
}

TEST(JwsTest, NamesTheAccountAndTheUrlByteForByte) {
  const std::string input = UnsignedJws(TestInput(), TestKey()).SigningInput();
  const auto dot = input.find('.');
  EXPECT_EQ(Decode(input.substr(0, dot)),
            R"({"alg":"ES256","kid":"https://acme.example/acct/1","nonce":"abc_-1",)"
            R"("url":"https://acme.example/new-order"})");
  EXPECT_EQ(Decode(input.substr(dot + 1)), R"({"identifiers":[]})");
}

// RFC 8555 §6.2: jwk xor kid.
TEST(JwsTest, CarriesTheKeyWhenThereIsNoAccount) {
  JwsInput input = TestInput();
  input.account_url.reset();
  const std::string text = UnsignedJws(input, TestKey()).SigningInput();
  EXPECT_THAT(Decode(text.substr(0, text.find('.'))),
              StartsWith(R"({"alg":"ES256","jwk":{"crv":"P-256","kty":"EC",)"));
  EXPECT_EQ(Decode(text.substr(0, text.find('.'))).find("kid"), std::string::npos);
}

// RFC 8555 §6.3: the payload of POST-as-GET is the empty octet string.
TEST(JwsTest, PostAsGetHasAnEmptyPayload) {
  JwsInput input = TestInput();
  input.payload.clear();
  const UnsignedJws jws(input, TestKey());
  EXPECT_EQ(jws.SigningInput().back(), '.');
  EXPECT_NE(jws.WithSignature(Bytes(64, 0)).find(R"("payload":"")"), std::string::npos);
}

// What the ledger says was signed for cannot be something else.
TEST(JwsTest, OnlyAReadingRequestHasNoPayloadAndAChallengeIsAnsweredWithNothingElse) {
  struct Case {
    SignaturePurpose purpose;
    std::string payload;
    bool fits;
  };
  const Case kCases[] = {
      {SignaturePurpose::kPostAsGet, "", true},
      {SignaturePurpose::kPostAsGet, "{}", false},
      {SignaturePurpose::kPostAsGet, R"({"csr":"AA"})", false},
      {SignaturePurpose::kChallengeResponse, "{}", true},
      {SignaturePurpose::kChallengeResponse, "", false},
      {SignaturePurpose::kChallengeResponse, R"({"status":"deactivated"})", false},
      {SignaturePurpose::kNewOrder, R"({"identifiers":[]})", true},
      {SignaturePurpose::kNewOrder, "", false},
      {SignaturePurpose::kFinalize, "", false},
      {SignaturePurpose::kRevokeCertificate, "", false},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(std::string(ToString(c.purpose)) + " " + c.payload);
    JwsInput input = TestInput();
    input.purpose = c.purpose;
    input.payload = c.payload;
    EXPECT_EQ(CheckForm(input).has_value(), c.fits);
  }
}

TEST(NonceTest, IsBase64UrlOfBoundedLength) {
  EXPECT_THAT(Nonce::Parse("Xb-_9"), IsOk());
  for (const std::string& bad : {std::string(), std::string("a b"), std::string("a=\r\n"),
                                 std::string("a\"b"), std::string(1025, 'a')}) {
    EXPECT_THAT(Nonce::Parse(bad), IsError(Reason::kCaBadAnswer)) << bad;
  }
}

}  // namespace
}  // namespace certbroker
