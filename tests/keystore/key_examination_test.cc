#include "keystore/key_examination.h"

#include "keystore/raw_sign.h"
#include "tests/fakes/fake_key_use_ledger.h"
#include "tests/keystore/fake_module.h"
#include "tests/support/result_matchers.h"

namespace certbroker::keystore {
namespace {

using ::testing::HasSubstr;

class KeyExaminationTest : public ::testing::Test {
 protected:
  KeyExaminationTest() { AddGoodKey(module_, 1, 2, {1}, "key"); }
  std::string Finding() {
    const auto key = Examine(module_.functions(), 1, {{1}, "key", 1, 2, ambiguous_},
                             ProofRecorder(ledger_, "token", SteadyTime::max()));
    if (!key) return key.error().ToString();
    return key->refusal ? key->refusal->detail() : "good";
  }
  FakeModule module_;
  FakeKeyUseLedger ledger_;
  bool ambiguous_ = false;
};

// Attributes alone prove nothing: the handle may name another key.
TEST_F(KeyExaminationTest, WantsASignatureThatVerifies) {
  module_.signature = Bytes(64, 1);
  EXPECT_THAT(Finding(), HasSubstr("does not match its public half"));
}

TEST_F(KeyExaminationTest, ASignatureOfTheWrongLengthIsNone) {
  for (const std::size_t size : {0U, 63U, 65U, 70U, 96U, 132U}) {
    module_.signature = Bytes(size, 1);
    EXPECT_THAT(Finding(), HasSubstr("does not match"));
  }
}

TEST_F(KeyExaminationTest, WantsAPublicHalf) {
  module_.objects.erase(2);
  module_.objects[2] = {};
  EXPECT_THAT(Finding(), HasSubstr("no public half"));
  // Some tokens keep the point with the private key.
  AddGoodKey(module_, 1, 3, {1}, "key");
  module_.objects[1][CKA_EC_POINT] = module_.objects[3][CKA_EC_POINT];
  EXPECT_THAT(Finding(), HasSubstr("test signature"));
}

TEST_F(KeyExaminationTest, RefusesAnAmbiguousKeyWhateverItSays) {
  ambiguous_ = true;
  EXPECT_THAT(Finding(), HasSubstr("more than one key pair"));
}

TEST_F(KeyExaminationTest, DescribesWhatItFound) {
  const auto key = Examine(module_.functions(), 1, {{1}, "a\x1b[31mkey", 1, 2, false},
                           ProofRecorder(ledger_, "token", SteadyTime::max()));
  ASSERT_THAT(key, IsOk());
  const KeyDescription description = Describe(*key, "token");
  EXPECT_EQ(description.uri, "pkcs11:token=token;id=%01;type=private");
  EXPECT_EQ(description.id, "01");
  EXPECT_EQ(description.label.find('\x1b'), std::string::npos);
  EXPECT_EQ(description.algorithm, "ES256");
  // RFC 7638 of the key of RFC 7515 appendix A.3, by another implementation (Python's hashlib).
  EXPECT_EQ(description.thumbprint, "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
}

TEST(RawSignTest, ReportsTheCallThatFailed) {
  FakeModule module;
  module.signature = Bytes(600, 1);
  const RawSignature signature =
      SignDigest(module.functions(), 1, 1, KeyKind::kEcP256, Bytes(32, 0));
  EXPECT_EQ(signature.rv, CKR_BUFFER_TOO_SMALL);
  EXPECT_EQ(signature.function, "C_Sign");
  EXPECT_TRUE(signature.octets.empty());
}

}  // namespace
}  // namespace certbroker::keystore
