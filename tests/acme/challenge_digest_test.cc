#include "acme/challenge_digest.h"

#include "tests/support/result_matchers.h"

namespace certbroker::acme {
namespace {

// The key authorization of RFC 8555 §8.3; the digest is Python's hashlib's.
constexpr std::string_view kKeyAuthorization =
    "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowjxAjEuX0.9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI";

TEST(ChallengeDigestTest, IsTheSha256OfTheKeyAuthorization) {
  EXPECT_EQ(Hex(KeyAuthorizationDigest(kKeyAuthorization)),
            "19f4155d8a27bba692cbefd88d4d428ae887be7c18b84651203a4b76c4e7e3d8");
}

// RFC 8555 §8.4.
TEST(ChallengeDigestTest, TheTxtValueIsItsBase64Url) {
  EXPECT_EQ(ChallengeTxtValue(kKeyAuthorization), "GfQVXYonu6aSy-_YjU1CiuiHvnwYuEZRIDpLdsTn49g");
  EXPECT_EQ(Dns01Label(), "_acme-challenge");
}

// C5: the example of draft-ietf-acme-dns-account-label-02 §3, and others of Python's base64.
TEST(ChallengeDigestTest, EveryAccountHasItsOwnLabel) {
  const auto label = [](std::string_view url) { return DnsAccount01Label(*HttpsUrl::Parse(url)); };
  EXPECT_EQ(label("https://example.com/acme/acct/ExampleAccount"),
            "_ujmmovf2vn55tgye._acme-challenge");
  EXPECT_EQ(label("https://example.com/acme/acct/1"), "_vrr7uudrklshxb6l._acme-challenge");
  EXPECT_EQ(label("https://example.com/acme/acct/12345"), "_ao3pcvmacvwyw63b._acme-challenge");
}

}  // namespace
}  // namespace certbroker::acme
