#include "acme/key_authorization.h"

#include "core/bytes.h"
#include "tests/support/result_matchers.h"

namespace certbroker::acme {
namespace {

// RFC 7638 §3.1.
TEST(ThumbprintTest, MatchesTheExampleOfTheRfc) {
  const Jwk key{
      "RS256",
      R"({"e":"AQAB","kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT)"
      R"(86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_R)"
      R"(N5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOp)"
      R"(bISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8aw)"
      R"(apJzKnqDKgw"})"};
  EXPECT_EQ(Thumbprint(key), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

TEST(KeyAuthorizationTest, JoinsTokenAndThumbprint) {
  const Jwk key = EcP256Jwk(*FromBase64Url("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
                            *FromBase64Url("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"));
  // openssl dgst -sha256 over the canonical JSON.
  EXPECT_EQ(
      KeyAuthorization("evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA", key),
      "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA.oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
}

TEST(KeyAuthorizationDeathTest, IsNeverMadeOfABadToken) {
  EXPECT_DEATH(static_cast<void>(KeyAuthorization("../x", EcP256Jwk(Bytes(32), Bytes(32)))),
               "IsToken");
}

}  // namespace
}  // namespace certbroker::acme
