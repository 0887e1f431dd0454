// F4: what is chosen must depend on roots only: CAs choose their intermediates at random.
#include "pki/chain_preference.h"

#include "tests/pki/forge.h"
#include "tests/support/result_matchers.h"

namespace certbroker::pki {
namespace {

using Chain = std::vector<Certificate>;
using std::chrono::hours;
using ::testing::AllOf;
using ::testing::HasSubstr;

const Time kChoiceTime = *ParseRfc3339("2026-11-21T08:00:00Z");

Certificate Made(const std::string& subject, const forge::Key& key, const std::string& issuer,
                 const forge::Key& issuer_key) {
  return *Certificate::Parse(forge::MakeCertificate({.subject = {{"CN", subject}},
                                                     .issuer = {{"CN", issuer}},
                                                     .extensions = forge::CaExtensions(),
                                                     .not_before = kChoiceTime - hours(1),
                                                     .not_after = kChoiceTime + hours(24)},
                                                    key, issuer_key));
}

TrustAnchors Trust(const Chain& roots) {
  std::string pem;
  for (const Certificate& root : roots) pem += root.ToPem();
  return *TrustAnchors::Parse(pem);
}

// Let's Encrypt's shape: an intermediate below a new root, which an old root has cross-signed.
class ChainPreferenceTest : public ::testing::Test {
 protected:
  ChainChoice Choose(const ChainPreference& preference) const {
    return ChooseChain({long_, short_}, preference, Trust({old_root_, new_root_}));
  }

  const forge::Key old_key_ = forge::Key::Ec();
  const forge::Key new_key_ = forge::Key::Ec();
  const forge::Key intermediate_key_ = forge::Key::Ec();
  const forge::Key leaf_key_ = forge::Key::Ec();
  const Certificate old_root_ = Made("Old Root", old_key_, "Old Root", old_key_);
  const Certificate new_root_ = Made("New Root", new_key_, "New Root", new_key_);
  const Certificate cross_ = Made("New Root", new_key_, "Old Root", old_key_);
  const Certificate intermediate_ = Made("YE1", intermediate_key_, "New Root", new_key_);
  const Certificate leaf_ = Made("www.example.com", leaf_key_, "YE1", intermediate_key_);
  const Chain long_{leaf_, intermediate_, cross_};
  const Chain short_{leaf_, intermediate_};
};

TEST_F(ChainPreferenceTest, WithoutAPreferenceTheDefaultIsTaken) {
  const ChainChoice choice = Choose({});
  EXPECT_EQ(choice.index, 0U);
  EXPECT_TRUE(choice.matched);
  EXPECT_EQ(choice.explanation, "chain 1 of 2, which leads to Old Root");
}

TEST_F(ChainPreferenceTest, ChoosesByTheRootsCommonName) {
  EXPECT_EQ(Choose({.root_common_name = "Old Root"}).index, 0U);
  EXPECT_EQ(Choose({.root_common_name = "New Root"}).index, 1U);
  EXPECT_FALSE(Choose({.root_common_name = "new root"}).matched);
  EXPECT_FALSE(Choose({.root_common_name = "YE1"}).matched) << "an intermediate is no root";
}

TEST_F(ChainPreferenceTest, ChoosesByTheRootsKey) {
  EXPECT_EQ(Choose({.root_spki_sha256 = old_root_.spki_sha256()}).index, 0U);
  EXPECT_EQ(Choose({.root_spki_sha256 = new_root_.spki_sha256()}).index, 1U);
  EXPECT_FALSE(Choose({.root_spki_sha256 = intermediate_.spki_sha256()}).matched);
  EXPECT_FALSE(
      Choose({.root_common_name = "Old Root", .root_spki_sha256 = new_root_.spki_sha256()}).matched)
      << "both must fit";
}

TEST_F(ChainPreferenceTest, ChoosesTheShortest) { EXPECT_EQ(Choose({.shortest = true}).index, 1U); }

TEST_F(ChainPreferenceTest, OfSeveralThatFitTheShorterThenTheFirst) {
  const TrustAnchors anchors = Trust({old_root_, new_root_});
  const Chain with_root{leaf_, intermediate_, new_root_};
  const ChainPreference preference{.root_common_name = "New Root"};
  EXPECT_EQ(ChooseChain({with_root, short_}, preference, anchors).index, 0U)
      << "a root that is sent along makes no chain longer";
  const Chain detour{leaf_, intermediate_, cross_, intermediate_};
  EXPECT_EQ(ChooseChain({detour, short_}, preference, anchors).index, 1U);
}

TEST_F(ChainPreferenceTest, SaysWhatThereWasWhenNothingMatched) {
  const ChainChoice choice = Choose({.root_common_name = "Lost Root"});
  EXPECT_EQ(choice.index, 0U) << "the default is better than none";
  EXPECT_FALSE(choice.matched);
  EXPECT_THAT(choice.explanation,
              AllOf(HasSubstr("(Lost Root)"), HasSubstr("only to Old Root, New Root")));
  EXPECT_THAT(Choose({.root_spki_sha256 = Bytes(32, 0xAB)}).explanation, HasSubstr("key abab"));
}

// The root is neither in the chain nor configured: its name is all there is.
TEST_F(ChainPreferenceTest, AnUnknownRootIsKnownByTheNameOfTheLastIssuer) {
  const TrustAnchors anchors = Trust({old_root_});
  const ChainChoice named = ChooseChain({long_, short_}, {.root_common_name = "New Root"}, anchors);
  EXPECT_EQ(named.index, 1U);
  EXPECT_THAT(named.explanation, HasSubstr("not among the trusted roots"));
  EXPECT_FALSE(
      ChooseChain({long_, short_}, {.root_spki_sha256 = new_root_.spki_sha256()}, anchors).matched)
      << "a key cannot be seen in a name";
}

// A root that was made anew under the old name is another root.
TEST_F(ChainPreferenceTest, ANameAloneDoesNotMakeAnAnchorTheRoot) {
  const forge::Key stranger = forge::Key::Ec();
  const Certificate namesake = Made("New Root", stranger, "New Root", stranger);
  const ChainChoice choice =
      ChooseChain({short_}, {.root_spki_sha256 = namesake.spki_sha256()}, Trust({namesake}));
  EXPECT_FALSE(choice.matched);
}

}  // namespace
}  // namespace certbroker::pki
