#include "pki/trust_anchors.h"

#include "pki/private_key.h"
#include "tests/pki/forge.h"
#include "tests/support/result_matchers.h"

namespace certbroker::pki {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string RootFile(const std::string& name) {
  return forge::ReadTestdata("pki/" + name + ".pem");
}

TEST(TrustAnchorsTest, TakesABundleWithTextBetween) {
  const auto anchors = TrustAnchors::Parse("# our roots\n\nRoot X\n======\n" + RootFile("root") +
                                           "\r\nOther\r\n" + RootFile("other-root") + "end\n");
  ASSERT_THAT(anchors, IsOk());
  ASSERT_EQ(anchors->certificates().size(), 2U);
  EXPECT_EQ(anchors->certificates()[0].subject(), "O=Certbroker Tests,CN=Root X");
  EXPECT_NE(anchors->store(), nullptr);
}

TEST(TrustAnchorsTest, TakesOneTwice) {
  EXPECT_THAT(TrustAnchors::Parse(RootFile("root") + RootFile("root")), IsOk());
}

struct BundleCase {
  std::string_view name;
  std::string text;
  std::string_view says;
};

TEST(TrustAnchorsTest, TakesAListOfCas) {
  const auto both = TrustAnchors::Parse(RootFile("root") + RootFile("other-root"));
  ASSERT_THAT(both, IsOk());
  const auto again = TrustAnchors::Of(both->certificates());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->certificates(), both->certificates());
  const auto none = TrustAnchors::Of({});
  ASSERT_THAT(none, IsOk());
  EXPECT_TRUE(none->certificates().empty());
  EXPECT_THAT(TrustAnchors::Of({both->certificates()[0], *LeafOf(RootFile("leaf"))}),
              IsError(Reason::kInvalidArgument, HasSubstr("\"CN=www.example.com\" is no CA")));
}

TEST(TrustAnchorsTest, RefusesWhatIsNoBundleOfRoots) {
  const BundleCase kCases[] = {
      {"nothing", "", "empty"},
      {"text", "no certificate here\n", "no certificate"},
      {"no CA", RootFile("root") + RootFile("leaf"), "\"CN=www.example.com\", which is no CA"},
      {"private key", RootFile("root") + forge::Pem("PRIVATE KEY", Bytes(40, 0x41)),
       "block \"PRIVATE KEY\" after 1"},
      {"trusted form", forge::Pem("TRUSTED CERTIFICATE", Bytes(40, 0x41)), "TRUSTED CERTIFICATE"},
      {"no X.509", RootFile("root") + forge::Pem("CERTIFICATE", AsBytes("hello")), "certificate 2"},
      {"broken base64", "-----BEGIN CERTIFICATE-----\n%%%%\n-----END CERTIFICATE-----\n",
       "broken PEM"},
      {"cut off", RootFile("root") + RootFile("other-root").substr(0, 200), "broken PEM"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    const auto anchors = TrustAnchors::Parse(c.text);
    ASSERT_THAT(anchors, IsError(Reason::kConfigInvalid, HasSubstr(c.says)));
    EXPECT_THAT(anchors.error().detail(), Not(HasSubstr("QUFB")));  // the "key"
  }
}

}  // namespace
}  // namespace certbroker::pki
