// Keys that a keystore will not sign with, made by somebody else's tool.
#include "tests/support/keystore_fixture.h"

namespace certbroker::keystore {
namespace {

using ::testing::HasSubstr;

class KeyRefusalTest : public KeystoreFixture {
 protected:
  void SetUp() override { token_.Provision({"main"}); }
  void Make(const std::string& arguments) {
    const auto made = token_.Pkcs11Tool(arguments);
    ASSERT_EQ(made.exit_code, 0) << made.output;
  }
  const KeyDescription& Described(const std::string& label) {
    auto description = keystore_->Describe();
    EXPECT_THAT(description, IsOk());
    description_ = *std::move(description);
    const auto key = std::ranges::find(description_.keys, label, &KeyDescription::label);
    EXPECT_NE(key, description_.keys.end());
    return *key;
  }
  static std::string ValueOf(const KeyDescription& key, const std::string& name) {
    const auto row = std::ranges::find(key.attributes, name, &KeyAttribute::name);
    return row == key.attributes.end() ? "no such row" : row->value;
  }

 private:
  KeystoreDescription description_;
};

TEST_F(KeyRefusalTest, AKeyThatCanBeTakenOut) {
  Make("--keypairgen --key-type EC:prime256v1 --extractable --usage-sign --id 01 --label loose");
  Open();
  EXPECT_THAT(TrySigner("loose"),
              IsError(Reason::kHsmKeyRefused,
                      ::testing::AllOf(HasSubstr("CKA_EXTRACTABLE is true, must be false"),
                                       HasSubstr("CKA_NEVER_EXTRACTABLE is false"),
                                       HasSubstr("object=loose"))));
  const KeyDescription& key = Described("loose");
  ASSERT_TRUE(key.refusal.has_value());
  EXPECT_EQ(ValueOf(key, "CKA_EXTRACTABLE"), "true");
}

TEST_F(KeyRefusalTest, AnImportedKey) {
  const std::string pem = token_.store() + "/../import.pem";
  ASSERT_EQ(
      std::system(
          ("openssl ecparam -name prime256v1 -genkey -noout -outform DER -out " + pem).c_str()),
      0);
  Make("--write-object " + pem + " --type privkey --usage-sign --sensitive --id 02 --label import");
  Open();
  // Sensitive now is not sensitive always: it has been outside.
  EXPECT_THAT(TrySigner("import"),
              IsError(Reason::kHsmKeyRefused, HasSubstr("CKA_ALWAYS_SENSITIVE is false")));
}

TEST_F(KeyRefusalTest, AnotherKindOfKey) {
  Make("--keypairgen --key-type rsa:1024 --sensitive --usage-sign --id 03 --label rsa");
  Make("--keypairgen --key-type EC:secp521r1 --sensitive --usage-sign --id 04 --label p521");
  Open();
  EXPECT_THAT(TrySigner("rsa"), IsError(Reason::kHsmKeyRefused,
                                        HasSubstr("CKA_MODULUS is 1024 bits, must be 2048 bits")));
  EXPECT_THAT(TrySigner("p521"), IsError(Reason::kHsmKeyRefused, HasSubstr("CKA_EC_PARAMS")));
  EXPECT_EQ(Described("rsa").algorithm, "");
}

// Made by another tool, but as ours are.
TEST_F(KeyRefusalTest, NotAKeyOfAnyKindThatCasTake) {
  Make("--keypairgen --key-type rsa:2048 --sensitive --usage-sign --id 13 --label rsa");
  Make("--keypairgen --key-type EC:secp384r1 --sensitive --usage-sign --id 14 --label p384");
  Open();
  EXPECT_EQ(SignedBy(*SignerOf("rsa")), "ok");
  EXPECT_EQ(SignedBy(*SignerOf("p384")), "ok");
  EXPECT_EQ(Described("rsa").algorithm, "RS256");
  EXPECT_EQ(Described("p384").algorithm, "ES384");
}

TEST_F(KeyRefusalTest, AnRsaKeyThatCanBeTakenOut) {
  Make("--keypairgen --key-type rsa:2048 --extractable --usage-sign --id 15 --label loose-rsa");
  Open();
  EXPECT_THAT(TrySigner("loose-rsa"),
              IsError(Reason::kHsmKeyRefused, HasSubstr("CKA_EXTRACTABLE is true")));
}

TEST_F(KeyRefusalTest, TwoKeysUnderOneId) {
  Make("--keypairgen --key-type EC:prime256v1 --sensitive --usage-sign --id 05 --label first");
  Make("--keypairgen --key-type EC:prime256v1 --sensitive --usage-sign --id 05 --label second");
  Open();
  EXPECT_THAT(TrySigner("first"), IsError(Reason::kHsmKeyRefused, HasSubstr("CKA_ID")));
  const auto by_id = KeyUri::ForKey(std::string(SoftToken::kLabel), Bytes{5});
  EXPECT_THAT(keystore_->SignerFor(*by_id, {}), IsError(Reason::kHsmKeyRefused));
  EXPECT_TRUE(Described("second").refusal.has_value());
  EXPECT_EQ(SignedBy(*SignerOf("main")), "ok");
}

TEST_F(KeyRefusalTest, TwoKeysUnderOneLabel) {
  Make("--keypairgen --key-type EC:prime256v1 --sensitive --usage-sign --id 06 --label main");
  Open();
  EXPECT_THAT(TrySigner("main"), IsError(Reason::kHsmKeyRefused, HasSubstr("more than one")));
  const auto by_id = KeyUri::ForKey(std::string(SoftToken::kLabel), Bytes{6});
  EXPECT_THAT(keystore_->SignerFor(*by_id, {}), IsOk());
}

TEST_F(KeyRefusalTest, AKeyWithoutItsPublicHalf) {
  Make("--keypairgen --key-type EC:prime256v1 --sensitive --usage-sign --id 07 --label half");
  Make("--delete-object --type pubkey --id 07");
  Open();
  EXPECT_THAT(TrySigner("half"), IsError(Reason::kHsmKeyRefused, HasSubstr("public half")));
}

TEST_F(KeyRefusalTest, AKeyWhosePublicHalfIsAnothers) {
  Make("--keypairgen --key-type EC:prime256v1 --sensitive --usage-sign --id 08 --label a");
  Make("--keypairgen --key-type EC:prime256v1 --sensitive --usage-sign --id 09 --label b");
  Make("--delete-object --type pubkey --id 08");
  Make("--delete-object --type privkey --id 09");
  Open();
  ASSERT_THAT(TrySigner("a"), IsError(Reason::kHsmKeyRefused));
  keystore_.reset();
  const auto moved = token_.Pkcs11Tool("--set-id 08 --type pubkey --id 09");
  if (moved.exit_code != 0) GTEST_SKIP() << "pkcs11-tool cannot rename: " << moved.output;
  Open();
  EXPECT_THAT(TrySigner("a"), IsError(Reason::kHsmKeyRefused, HasSubstr("does not match")));
}

}  // namespace
}  // namespace certbroker::keystore
