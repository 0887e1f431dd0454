#include "keystore/key_attributes.h"

#include <map>

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
      {CKA_KEY_TYPE, NumberValue(CKK_DSA), "CKA_KEY_TYPE is 0x1, must be CKK_EC or CKK_RSA"},
      // It has no modulus.
      {CKA_KEY_TYPE, NumberValue(CKK_RSA), "CKA_MODULUS is unsupported, must be 2048 bits or"},
      {CKA_EC_PARAMS, *FromHex("06052b81040023"),
       "CKA_EC_PARAMS is 06052b81040023, must be P-256 or P-384"},
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

class RsaKeyAttributesTest : public KeyAttributesTest {
 protected:
  RsaKeyAttributesTest() {
    key()[CKA_KEY_TYPE] = NumberValue(CKK_RSA);
    key()[CKA_MODULUS] = Bytes(256, 0xC1);
    key().erase(CKA_EC_PARAMS);
    key().erase(CKA_VALUE);
    key()[CKA_PRIVATE_EXPONENT] = CK_RV{CKR_ATTRIBUTE_SENSITIVE};
  }
};

TEST_F(RsaKeyAttributesTest, AcceptsTheTwoSizes) {
  EXPECT_EQ(Verdict(), "good");
  key()[CKA_MODULUS] = Bytes(384, 0xC1);
  EXPECT_EQ(Verdict(), "good");
  Bytes padded(257, 0xC1);
  padded[0] = 0;
  key()[CKA_MODULUS] = padded;
  EXPECT_EQ(Verdict(), "good") << "some tokens give the sign octet";
  key().erase(CKA_MODULUS);
  module_.objects[kPublic][CKA_MODULUS] = Bytes(256, 0xC1);
  EXPECT_EQ(Verdict(), "good") << "known to the public half only";
}

TEST_F(RsaKeyAttributesTest, RefusesOtherSizesAndAReadableExponent) {
  key()[CKA_MODULUS] = Bytes(128, 0xC1);
  EXPECT_THAT(Verdict(), HasSubstr("CKA_MODULUS is 1024 bits"));
  key()[CKA_MODULUS] = Bytes(256, 0x41);
  EXPECT_THAT(Verdict(), HasSubstr("CKA_MODULUS is 2047 bits"));
  key()[CKA_MODULUS] = Bytes();
  EXPECT_THAT(Verdict(), HasSubstr("CKA_MODULUS is 0 bits"));
  key()[CKA_MODULUS] = Bytes(256, 0xC1);
  key()[CKA_PRIVATE_EXPONENT] = Bytes(256, 7);
  EXPECT_THAT(Verdict(), HasSubstr("CKA_PRIVATE_EXPONENT is readable, must be unreadable"));
}

TEST_F(KeyAttributesTest, AcceptsTheOtherCurve) {
  key()[CKA_EC_PARAMS] = *FromHex("06052b81040022");
  EXPECT_EQ(Verdict(), "good");
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

// Recorded, and worth a word; no reason to refuse.
TEST_F(KeyAttributesTest, RemarksWhatCouldBeBetter) {
  const std::map<CK_ATTRIBUTE_TYPE, std::pair<bool, std::string>> odd = {
      {CKA_LOCAL, {false, "CKA_LOCAL is false: "}},
      {CKA_DECRYPT, {true, "CKA_DECRYPT is true: "}},
      {CKA_UNWRAP, {true, "CKA_UNWRAP is true: "}},
      {CKA_DERIVE, {true, "CKA_DERIVE is true: "}},
      {CKA_WRAP_WITH_TRUSTED, {true, "CKA_WRAP_WITH_TRUSTED is true: "}},
      {CKA_COPYABLE, {true, "CKA_COPYABLE is true: "}},
  };
  for (const auto& [type, row] : odd) {
    key()[type] = BoolValue(row.first);
    const auto table = Read();
    ASSERT_THAT(table, IsOk());
    EXPECT_THAT(Remarks(*table), HasSubstr(row.second));
    EXPECT_EQ(Verdict(), "good") << row.second;
    key()[type] = BoolValue(!row.first);
    EXPECT_EQ(Remarks(*Read()), "") << row.second;
    key().erase(type);
    EXPECT_EQ(Remarks(*Read()), "") << "a token that does not say: " << row.second;
  }
}

}  // namespace
}  // namespace certbroker::keystore
