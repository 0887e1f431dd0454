#include "pki/private_key.h"

#include "tests/support/result_matchers.h"
#include "tests/support/test_certificates.h"

namespace certbroker::pki {
namespace {

using ::testing::HasSubstr;

TEST(PrivateKeyTest, TheLeafIsTheFirstCertificateWhateverStandsAround) {
  const TestCertificate ca = MakeTestCa();
  const TestCertificate leaf = MakeTestLeaf(&ca);

  const auto read = LeafOf("subject=…\n" + leaf.ToPem() + "issuer=…\n" + ca.ToPem());

  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->ToPem(), leaf.ToPem());
}

TEST(PrivateKeyTest, AChainNeedsACertificateThatDecodes) {
  const TestCertificate leaf = MakeTestLeaf(nullptr);
  EXPECT_THAT(LeafOf(""), IsError(Reason::kConfigInvalid, HasSubstr("no certificate")));
  EXPECT_THAT(LeafOf("text"), IsError(Reason::kConfigInvalid, HasSubstr("no certificate")));
  EXPECT_THAT(LeafOf(leaf.KeyToPem()),
              IsError(Reason::kConfigInvalid, HasSubstr("no certificate")));
  EXPECT_THAT(LeafOf("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
              IsError(Reason::kConfigInvalid, HasSubstr("certificate 1")));
}

TEST(PrivateKeyTest, FitsItsCertificateOnly) {
  const TestCertificate one = MakeTestLeaf(nullptr);
  const TestCertificate two = MakeTestLeaf(nullptr);
  const auto certificate = LeafOf(one.ToPem());
  ASSERT_THAT(certificate, IsOk());

  EXPECT_THAT(CheckPrivateKey(one.KeyToPem(), *certificate), IsOk());
  EXPECT_THAT(CheckPrivateKey(two.KeyToPem(), *certificate),
              IsError(Reason::kConfigInvalid, HasSubstr("not the key")));
  EXPECT_THAT(CheckPrivateKey(one.ToPem(), *certificate),
              IsError(Reason::kConfigInvalid, HasSubstr("no unencrypted private key")));
  EXPECT_THAT(CheckPrivateKey("", *certificate), IsError(Reason::kConfigInvalid));
}

}  // namespace
}  // namespace certbroker::pki
