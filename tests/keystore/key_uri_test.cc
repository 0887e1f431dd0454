#include "keystore/key_uri.h"

#include "tests/support/result_matchers.h"

namespace certbroker::keystore {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(KeyUriTest, ReadsWhatNamesAKey) {
  const auto uri = KeyUri::Parse(
      "pkcs11:token=My%20Token;serial=0a1b;manufacturer=SoftHSM%20project;model=v2;"
      "id=%00%FFab;object=acme%2Fpebble%2Fv1;type=private");
  ASSERT_THAT(uri, IsOk());
  EXPECT_EQ(uri->token(), "My Token");
  EXPECT_EQ(uri->serial(), "0a1b");
  EXPECT_EQ(uri->manufacturer(), "SoftHSM project");
  EXPECT_EQ(uri->model(), "v2");
  EXPECT_EQ(uri->id(), (Bytes{0x00, 0xFF, 'a', 'b'}));
  EXPECT_EQ(uri->object(), "acme/pebble/v1");
}

TEST(KeyUriTest, IsSilentAboutWhatIsNotSaid) {
  const auto uri = KeyUri::Parse("pkcs11:serial=1;object=key");
  ASSERT_THAT(uri, IsOk());
  EXPECT_EQ(uri->token(), "");
  EXPECT_EQ(uri->model(), "");
  EXPECT_TRUE(uri->id().empty());
}

TEST(KeyUriTest, HasOneTextPerMeaning) {
  const auto uri = KeyUri::Parse("pkcs11:id=%01;token=a%20b;type=private");
  ASSERT_THAT(uri, IsOk());
  for (const std::string_view same :
       {"PKCS11:token=a%20b;id=%01", "pkcs11:token=%61%20b;id=%01;type=private",
        "pkcs11:type=private;id=%01;token=a%20b"}) {
    const auto other = KeyUri::Parse(same);
    ASSERT_THAT(other, IsOk()) << same;
    EXPECT_EQ(other->ToString(), uri->ToString()) << same;
  }
  EXPECT_THAT(KeyUri::Parse(uri->ToString()), IsOkAndHolds(*uri));
}

TEST(KeyUriTest, NamesAKeyByTokenAndId) {
  const auto uri = KeyUri::ForKey("acme token", Bytes{0x00, 0x7F, 0xFF});
  ASSERT_THAT(uri, IsOk());
  EXPECT_EQ(uri->ToString(), "pkcs11:token=acme%20token;id=%00%7F%FF;type=private");
  EXPECT_THAT(KeyUri::ForKey("", Bytes{1}), IsError(Reason::kInvalidArgument));
  EXPECT_THAT(KeyUri::ForKey(std::string(33, 't'), Bytes{1}), IsError(Reason::kInvalidArgument));
  EXPECT_THAT(KeyUri::ForKey("t", {}), IsError(Reason::kInvalidArgument));
}

struct RefusedCase {
  std::string uri;
  std::string_view complaint;
};

TEST(KeyUriTest, RefusesWhatCouldMatchSomethingElse) {
  const RefusedCase cases[] = {
      {"", "pkcs11:"},
      {"pkcs11", "pkcs11:"},
      {"https:token=a;id=%01", "begin with 'pkcs11:'"},
      {"pkcs11:", "names no token"},
      {"pkcs11:id=%01", "names no token"},
      {"pkcs11:token=a", "names no key"},
      {"pkcs11:token=a;type=private", "names no key"},
      {"pkcs11:token=;id=%01", "empty attribute 'token'"},
      {"pkcs11:token;id=%01", "empty attribute 'token'"},
      {"pkcs11:token=a;id=", "empty attribute 'id'"},
      {"pkcs11:token=a;;id=%01", "''"},
      // p11-kit takes the last one.
      {"pkcs11:token=a;token=b;id=%01", "'token' twice"},
      // p11-kit drops these and then matches every token.
      {"pkcs11:token=" + std::string(33, 'a') + ";id=%01", "cannot hold"},
      {"pkcs11:token=a;id=%01;type=bogus", "cannot hold"},
      {"pkcs11:token=a;id=%01;x-vendor=1", "'x-vendor'"},
      {"pkcs11:token=a;id=%01;slot-id=1", "'slot-id'"},
      {"pkcs11:token=a;id=%01;type=public", "else than a private key"},
      {"pkcs11:token=a;id=%01;type=cert", "else than a private key"},
      // p11-kit removes blanks: "a b" would name the token "ab".
      {"pkcs11:token=a b;id=%01", "blank"},
      {"pkcs11:token=a;id=%01\n", "blank"},
      {"pkcs11:token=\xC3\xA4;id=%01", "outside ASCII"},
      {"pkcs11:token=a;id=%0", "cannot be read"},
      {"pkcs11:token=a;id=%zz", "cannot be read"},
      {"pkcs11:token=a;id=%01?pin-source=file:/x", "query"},
      {"pkcs11:token=a;id=%01?module-path=/x.so", "query"},
      {"pkcs11:token=a;object=" + std::string(1024, 'a'), "longer than"},
      {"pkcs11:token=a;object=" + std::string(256, 'a'), "over 255"},
  };
  for (const RefusedCase& c : cases) {
    EXPECT_THAT(KeyUri::Parse(c.uri),
                IsError(Reason::kInvalidArgument, HasSubstr(std::string(c.complaint))))
        << c.uri;
  }
}

// p11-kit reads such a field as not given, and its URI would match every token.
TEST(KeyUriTest, RefusesTokensThatSayNothing) {
  for (const char* uri :
       {"pkcs11:token=%00t;serial=1;id=%01", "pkcs11:token=a%00b;id=%01",
        "pkcs11:token=t;serial=%00;id=%01", "pkcs11:token=t;object=a%00b",
        "pkcs11:token=%20;serial=1;id=%01", "pkcs11:token=t;model=%20%20;id=%01"}) {
    EXPECT_THAT(KeyUri::Parse(uri), IsError(Reason::kInvalidArgument)) << uri;
  }
  EXPECT_THAT(KeyUri::Parse("pkcs11:token=%20t%20;id=%00"), IsOk());
}

// The id is written as %61%61…, three octets for one.
TEST(KeyUriTest, RefusesWhatIsTooLongInItsCanonicalForm) {
  const std::string id = "pkcs11:token=t;id=" + std::string(255, 'a');

  const auto fits = KeyUri::Parse(id + ";object=" + std::string(200, 'b'));
  ASSERT_THAT(fits, IsOk());
  EXPECT_THAT(KeyUri::Parse(fits->ToString()), IsOk());
  EXPECT_THAT(KeyUri::Parse(id + ";object=" + std::string(255, 'b')),
              IsError(Reason::kInvalidArgument));
}

TEST(KeyUriTest, NeverRepeatsAPin) {
  for (const std::string_view uri :
       {"pkcs11:token=a;id=%01?pin-value=hunter2", "pkcs11:token=a;id=%01;pin-value=hunter2"}) {
    EXPECT_THAT(KeyUri::Parse(uri),
                IsError(Reason::kInvalidArgument,
                        AllOf(Not(HasSubstr("hunter2")), HasSubstr("pkcs11:token=LABEL"))));
  }
}

}  // namespace
}  // namespace certbroker::keystore
