#include "acme/directory.h"

#include "tests/support/result_matchers.h"

namespace certbroker::acme {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::Pair;

TEST(DirectoryTest, ReadsTheExampleOfTheRfc) {
  // RFC 8555 §7.1.1.
  const auto directory = ParseDirectory(R"({
     "newNonce": "https://example.com/acme/new-nonce",
     "newAccount": "https://example.com/acme/new-account",
     "newOrder": "https://example.com/acme/new-order",
     "newAuthz": "https://example.com/acme/new-authz",
     "revokeCert": "https://example.com/acme/revoke-cert",
     "keyChange": "https://example.com/acme/key-change",
     "meta": {
       "termsOfService": "https://example.com/acme/terms/2017-5-30",
       "website": "https://www.example.com/",
       "caaIdentities": ["example.com"],
       "externalAccountRequired": false
     }
   })");
  ASSERT_THAT(directory, IsOk());
  EXPECT_EQ(directory->new_nonce.ToString(), "https://example.com/acme/new-nonce");
  EXPECT_EQ(directory->new_account.ToString(), "https://example.com/acme/new-account");
  EXPECT_EQ(directory->new_order.ToString(), "https://example.com/acme/new-order");
  EXPECT_EQ(directory->revoke_cert.ToString(), "https://example.com/acme/revoke-cert");
  EXPECT_EQ(directory->new_authz->ToString(), "https://example.com/acme/new-authz");
  EXPECT_EQ(directory->key_change->ToString(), "https://example.com/acme/key-change");
  EXPECT_EQ(directory->renewal_info, std::nullopt);
  EXPECT_EQ(directory->terms_of_service, "https://example.com/acme/terms/2017-5-30");
  EXPECT_EQ(directory->website, "https://www.example.com/");
  EXPECT_THAT(directory->caa_identities, ElementsAre("example.com"));
  EXPECT_FALSE(directory->external_account_required);
}

// What Let's Encrypt sends: a random member that is no URL we know, profiles, ARI.
TEST(DirectoryTest, ReadsProfilesAndRenewalInfo) {
  const auto directory = ParseDirectory(R"({
     "aBcDeFg": "https://community.letsencrypt.org/t/adding-random-entries-to-the-directory/33417",
     "newNonce": "https://ca/n", "newAccount": "https://ca/a", "newOrder": "https://ca/o",
     "revokeCert": "https://ca/r", "renewalInfo": "https://ca/acme/renewal-info",
     "meta": {"externalAccountRequired": true,
              "profiles": {"classic": "https://ca/docs/classic", "shortlived": null}}
   })");
  ASSERT_THAT(directory, IsOk());
  EXPECT_THAT(directory->renewal_info, Optional(*HttpsUrl::Parse("https://ca/acme/renewal-info")));
  EXPECT_TRUE(directory->external_account_required);
  EXPECT_THAT(directory->profiles,
              ElementsAre(Pair("classic", "https://ca/docs/classic"), Pair("shortlived", "")));
}

constexpr std::string_view kFour =
    R"("newNonce":"https://ca/n","newAccount":"https://ca/a","newOrder":"https://ca/o","revokeCert":"https://ca/r")";

TEST(DirectoryTest, TakesNullForAbsentAndIgnoresBadDecoration) {
  for (const std::string_view more :
       {R"("meta":null)", R"("meta":[])", R"("meta":{"profiles":null,"caaIdentities":null})",
        R"("meta":{"website":7,"termsOfService":{},"externalAccountRequired":"no","profiles":[]})",
        R"("keyChange":null,"newAuthz":null,"renewalInfo":null)", R"("unknown":[[{}]])"}) {
    const auto directory = ParseDirectory("{" + std::string(kFour) + "," + std::string(more) + "}");
    ASSERT_THAT(directory, IsOk()) << more;
    EXPECT_THAT(directory->profiles, IsEmpty());
    EXPECT_FALSE(directory->external_account_required);
  }
}

TEST(DirectoryTest, RefusesWhatNothingCanBeOrderedWith) {
  const struct {
    std::string text;
    std::string_view says;
  } cases[] = {
      {"{}", "newNonce"},
      {R"({"newNonce":"https://ca/n","newAccount":"https://ca/a","newOrder":"https://ca/o"})",
       "revokeCert"},
      {R"({"newNonce":"http://ca/n","newAccount":"https://ca/a"})", "https://"},
      {R"({"newNonce":"https://user@ca/n"})", "names a user"},
      {R"({"newNonce":["https://ca/n"]})", "no string"},
      {"{" + std::string(kFour) + R"(,"keyChange":"file:///etc/passwd"})", "keyChange"},
      {"<!DOCTYPE html>", "JSON"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(ParseDirectory(c.text), IsError(Reason::kCaBadAnswer, HasSubstr(c.says))) << c.text;
  }
}

}  // namespace
}  // namespace certbroker::acme
