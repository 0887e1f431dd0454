#include "pki/certificate_key.h"

#include "pki/private_key.h"
#include "tests/support/jws_verifier.h"
#include "tests/support/result_matchers.h"
#include "tests/support/test_certificates.h"

namespace certbroker::pki {
namespace {

using ::testing::HasSubstr;

Certificate CertificateOf(const TestCertificate& made) { return *LeafOf(made.ToPem()); }

JwsInput InputFor(SignaturePurpose purpose) {
  return {.purpose = purpose,
          .url = *HttpsUrl::Parse("https://ca.test/revoke"),
          .nonce = *Nonce::Parse("nonce"),
          .account_url = std::nullopt,
          .payload = "{}",
          .subject = "certificate 01"};
}

// RFC 8555 §7.6: the JWS carries the certificate's key.
TEST(CertificateKeyTest, SignsARevocation) {
  const TestCertificate made = MakeTestLeaf(nullptr);
  const auto key = CertificateKey::Read(made.KeyToPem(), CertificateOf(made));
  ASSERT_THAT(key, IsOk());

  const auto body = (*key)->Sign(InputFor(SignaturePurpose::kRevokeCertificate), SteadyTime::max());

  ASSERT_THAT(body, IsOk());
  const ReceivedJws jws = ReceiveJws(*body);
  EXPECT_THAT(jws.protected_header, HasSubstr(R"("jwk":)"));
  EXPECT_TRUE(VerifiesUnder(jws, (*key)->public_key()));
}

TEST(CertificateKeyTest, SignsNothingElse) {
  const TestCertificate made = MakeTestLeaf(nullptr);
  const auto key = CertificateKey::Read(made.KeyToPem(), CertificateOf(made));
  ASSERT_THAT(key, IsOk());

  EXPECT_THAT((*key)->Sign(InputFor(SignaturePurpose::kNewOrder), SteadyTime::max()),
              IsError(Reason::kInternal));
}

TEST(CertificateKeyTest, AnotherKeyIsRefused) {
  const TestCertificate made = MakeTestLeaf(nullptr);
  const TestCertificate other = MakeTestLeaf(nullptr);

  EXPECT_THAT(CertificateKey::Read(other.KeyToPem(), CertificateOf(made)),
              IsError(Reason::kConfigInvalid, HasSubstr("not the key of the certificate")));
  EXPECT_THAT(CertificateKey::Read("garbage", CertificateOf(made)),
              IsError(Reason::kConfigInvalid, HasSubstr("no unencrypted private key")));
}

}  // namespace
}  // namespace certbroker::pki
