#include "keystore/key_index.h"

#include "tests/keystore/fake_module.h"
#include "tests/support/result_matchers.h"

namespace certbroker::keystore {
namespace {

using ::testing::HasSubstr;

class KeyIndexTest : public ::testing::Test {
 protected:
  Result<KeyEntry> Find(const std::string& uri) {
    auto index = KeyIndex::Build(module_.functions(), 1);
    EXPECT_THAT(index, IsOk());
    return index->Find(*KeyUri::Parse("pkcs11:token=t;" + uri));
  }
  FakeModule module_;
};

TEST_F(KeyIndexTest, FindsByIdAndByLabel) {
  for (CK_OBJECT_HANDLE i = 1; i <= 9; i += 2) {
    AddGoodKey(module_, i, i + 1, {static_cast<std::uint8_t>(i)}, "key-" + std::to_string(i));
  }
  const auto key = Find("id=%05");
  ASSERT_THAT(key, IsOk());
  EXPECT_EQ(key->private_key, 5U);
  EXPECT_EQ(key->public_key, 6U);
  EXPECT_EQ(key->label, "key-5");
  EXPECT_EQ(Find("object=key-9")->private_key, 9U);
  EXPECT_EQ(Find("id=%03;object=key-3")->private_key, 3U);
  EXPECT_THAT(Find("id=%03;object=key-5"), IsError(Reason::kHsmKeyMissing));
  EXPECT_THAT(Find("id=%04"), IsError(Reason::kHsmKeyMissing, HasSubstr("5 others")));
}

TEST_F(KeyIndexTest, RefusesAnIdThatTwoKeysShare) {
  AddGoodKey(module_, 1, 2, {1}, "a");
  AddGoodKey(module_, 3, 4, {1}, "b");
  AddGoodKey(module_, 5, 6, {2}, "c");
  EXPECT_THAT(Find("id=%01"), IsError(Reason::kHsmKeyRefused, HasSubstr("CKA_ID")));
  EXPECT_THAT(Find("object=a"), IsError(Reason::kHsmKeyRefused));
  EXPECT_THAT(Find("id=%02"), IsOk());
}

TEST_F(KeyIndexTest, RefusesTwoPublicHalvesOfOneKey) {
  AddGoodKey(module_, 1, 2, {1}, "a");
  module_.objects[3] = module_.objects[2];
  EXPECT_THAT(Find("id=%01"), IsError(Reason::kHsmKeyRefused));
}

TEST_F(KeyIndexTest, KnowsHalvesOfKeys) {
  AddGoodKey(module_, 1, 2, {1}, "a");
  AddGoodKey(module_, 3, 4, {2}, "b");
  module_.objects.erase(2);
  module_.objects.erase(3);
  const auto index = KeyIndex::Build(module_.functions(), 1);
  ASSERT_THAT(index, IsOk());
  ASSERT_EQ(index->keys().size(), 1U);
  EXPECT_EQ(index->keys()[0].public_key, CK_INVALID_HANDLE);
  ASSERT_EQ(index->orphans().size(), 1U);
  EXPECT_EQ(index->orphans()[0].label, "b");
}

TEST_F(KeyIndexTest, ATokenInTroubleHasNoIndex) {
  AddGoodKey(module_, 1, 2, {1}, "a");
  module_.objects[1][CKA_ID] = CK_RV{CKR_DEVICE_REMOVED};
  EXPECT_THAT(KeyIndex::Build(module_.functions(), 1), IsError(Reason::kHsmUnavailable));
}

}  // namespace
}  // namespace certbroker::keystore
