#include "keystore/key_attributes.h"

#include "tests/keystore/fake_module.h"
#include "tests/support/result_matchers.h"

namespace certbroker::keystore {
namespace {

using ::testing::HasSubstr;

constexpr CK_OBJECT_HANDLE kPrivate = 1;
constexpr CK_OBJECT_HANDLE kPublic = 2;

class KeyAttributesTest : public ::testing::Test {
 protected:
  KeyAttributesTest() { AddGoodKey(module_, kPrivate, kPublic, {1}, "key"); }
  auto Read() { return ReadKeyAttributes(module_.functions(), 1, kPrivate, kPublic); }
  std::string Verdict() {
    const auto table = Read();
    if (!table) return table.error().ToString();
    const auto refusal = Refusal(*table);
    return refusal ? refusal->detail() : "good";
  }
  auto& key() { return module_.objects[kPrivate]; }

  FakeModule module_;
};

TEST_F(KeyAttributesTest, AcceptsAKeyThatWasBornInTheToken) { EXPECT_EQ(Verdict(), "good"); }

struct BadCase {
  CK_ATTRIBUTE_TYPE type;
  FakeModule::Attribute value;
  std::string_view complaint;
};

TEST_F(KeyAttributesTest, RefusesAKeyThatLacksAnyOfThem) {
  const BadCase cases[] = {
      {CKA_CLASS, NumberValue(CKO_SECRET_KEY), "CKA_CLASS is 0x4"},
      {CKA_KEY_TYPE, NumberValue(CKK_RSA), "CKA_KEY_TYPE is CKK_RSA"},
      {CKA_EC_PARAMS, *FromHex("06052b81040022"), "CKA_EC_PARAMS is 06052b81040022, must be P-256"},
      {CKA_TOKEN, BoolValue(false), "CKA_TOKEN"},
      {CKA_PRIVATE, BoolValue(false), "CKA_PRIVATE"},
      {CKA_SENSITIVE, BoolValue(false), "CKA_SENSITIVE is false, must be true"},
      {CKA_ALWAYS_SENSITIVE, BoolValue(false), "CKA_ALWAYS_SENSITIVE"},
      {CKA_EXTRACTABLE, BoolValue(true), "CKA_EXTRACTABLE is true, must be false"},
      {CKA_NEVER_EXTRACTABLE, BoolValue(false), "CKA_NEVER_EXTRACTABLE"},
      {CKA_SIGN, BoolValue(false), "CKA_SIGN"},
      {CKA_ALWAYS_AUTHENTICATE, BoolValue(true), "CKA_ALWAYS_AUTHENTICATE"},
      // Silence is no yes.
      {CKA_SENSITIVE, CK_RV{CKR_ATTRIBUTE_TYPE_INVALID}, "CKA_SENSITIVE is unsupported"},
      {CKA_NEVER_EXTRACTABLE, CK_RV{CKR_ATTRIBUTE_TYPE_INVALID}, "CKA_NEVER_EXTRACTABLE"},
      {CKA_EXTRACTABLE, Bytes{}, "CKA_EXTRACTABLE is 0 octets"},
      // The attributes say sensitive, and yet the token would hand the key out.
      {CKA_VALUE, Bytes(32, 7), "CKA_VALUE is readable, must be unreadable"},
  };
  for (const BadCase& c : cases) {
    const auto good = key()[c.type];
    key()[c.type] = c.value;
    EXPECT_THAT(Verdict(), HasSubstr(std::string(c.complaint)));
    key()[c.type] = good;
  }
  EXPECT_EQ(module_.reads_of_value, 0);  // not even to find out did the value leave the token
}

TEST_F(KeyAttributesTest, NamesEverythingThatIsWrong) {
  key()[CKA_SENSITIVE] = BoolValue(false);
  key()[CKA_EXTRACTABLE] = BoolValue(true);
  EXPECT_THAT(Verdict(),
              HasSubstr("CKA_SENSITIVE is false, must be true; CKA_EXTRACTABLE is true"));
}

TEST_F(KeyAttributesTest, TakesTheDifferencesBetweenTokens) {
  // No CKA_VALUE at all, or the other way to say no.
  for (const CK_RV rv : {CKR_ATTRIBUTE_TYPE_INVALID, CKR_KEY_UNEXTRACTABLE}) {
    key()[CKA_VALUE] = rv;
    EXPECT_EQ(Verdict(), "good");
  }
  // The curve is known to the public half only.
  key().erase(CKA_EC_PARAMS);
  EXPECT_EQ(Verdict(), "good");
  key()[CKA_ALWAYS_AUTHENTICATE] = BoolValue(false);
  EXPECT_EQ(Verdict(), "good");
}

TEST_F(KeyAttributesTest, ATokenInTroubleIsNoVerdict) {
  key()[CKA_SENSITIVE] = CK_RV{CKR_DEVICE_ERROR};
  EXPECT_THAT(Read(), IsError(Reason::kHsmUnavailable, HasSubstr("CKA_SENSITIVE")));
  key()[CKA_SENSITIVE] = BoolValue(true);
  key()[CKA_VALUE] = CK_RV{CKR_DEVICE_ERROR};
  EXPECT_THAT(Read(), IsError(Reason::kHsmUnavailable));
}

}  // namespace
}  // namespace certbroker::keystore
