#include "pki/alpn_certificate.h"

#include <memory>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "pki/digest.h"
#include "pki/pem_chain.h"
#include "pki/private_key.h"
#include "tests/support/result_matchers.h"

namespace certbroker::pki {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const Time kMadeAt = *ParseRfc3339("2026-11-21T08:00:00Z");
const Bytes kDigest = Sha256(AsBytes("token.thumbprint"));

Identifier Name(std::string_view text) { return *Identifier::Parse(text); }

Certificate MadeFor(std::string_view name) {
  return ParsePemChain(MakeAlpnCertificate(Name(name), kDigest, kMadeAt)->certificate_pem)->front();
}

// RFC 8737 §3.
TEST(AlpnCertificateTest, HasTheNameAndNoOther) {
  const Certificate certificate = MadeFor("www.example.com");
  EXPECT_THAT(certificate.dns_names(), ElementsAre("www.example.com"));
  EXPECT_THAT(certificate.uri_names(), IsEmpty());
  EXPECT_EQ(certificate.subject(), certificate.issuer());
  EXPECT_LT(certificate.not_before(), kMadeAt);
  EXPECT_GT(certificate.not_after(), kMadeAt + std::chrono::hours(24));

  const std::string longest = std::string(63, 'a') + "." + std::string(63, 'b') + "." +
                              std::string(63, 'c') + "." + std::string(57, 'd') + ".com";
  EXPECT_THAT(MadeFor(longest).dns_names(), ElementsAre(longest));
}

// tD4: the extension is critical and …1.31; old drafts had …30.1.
TEST(AlpnCertificateTest, CarriesTheDigestInACriticalAcmeIdentifier) {
  const Certificate certificate = MadeFor("www.example.com");
  // SEQUENCE { OID 1.3.6.1.5.5.7.1.31, BOOLEAN TRUE, OCTET STRING { OCTET STRING { digest } } }
  Bytes want{0x30, 0x31, 0x06, 0x08, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x07,
             0x01, 0x1F, 0x01, 0x01, 0xFF, 0x04, 0x22, 0x04, 0x20};
  want.insert(want.end(), kDigest.begin(), kDigest.end());
  EXPECT_THAT(Hex(certificate.der()), HasSubstr(Hex(want)));
}

TEST(AlpnCertificateTest, IsSignedByItsOwnKey) {
  const auto made = MakeAlpnCertificate(Name("www.example.com"), kDigest, kMadeAt);
  ASSERT_THAT(made, IsOk());
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> text(
      BIO_new_mem_buf(made->certificate_pem.data(), -1), BIO_free_all);
  const std::unique_ptr<X509, decltype(&X509_free)> x509(
      PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr), X509_free);
  ASSERT_NE(x509, nullptr);
  EXPECT_EQ(X509_verify(x509.get(), X509_get0_pubkey(x509.get())), 1);

  const auto certificate = LeafOf(made->certificate_pem);
  ASSERT_THAT(certificate, IsOk());
  EXPECT_THAT(made->key_pem.ExposeForUse(), StartsWith("-----BEGIN PRIVATE KEY-----"));
  EXPECT_THAT(CheckPrivateKey(made->key_pem.ExposeForUse(), *certificate), IsOk());
}

TEST(AlpnCertificateTest, EveryOneHasAKeyAndASerialOfItsOwn) {
  const Certificate one = MadeFor("www.example.com");
  const Certificate other = MadeFor("www.example.com");
  EXPECT_NE(one.spki_sha256(), other.spki_sha256());
  EXPECT_NE(one.serial(), other.serial());
}

// RFC 8738 §4: iPAddress with 4 or 16 octets.
TEST(AlpnCertificateTest, AnAddressStandsThereAsAddress) {
  EXPECT_THAT(Hex(MadeFor("192.0.2.1").der()), HasSubstr("30068704c0000201"));
  EXPECT_THAT(Hex(MadeFor("2001:db8::1").der()),
              HasSubstr("3012871020010db8000000000000000000000001"));
  EXPECT_THAT(MadeFor("192.0.2.1").dns_names(), IsEmpty());
}

// RFC 8738 §6; tD4.
TEST(AlpnServerNameTest, AnAddressIsAskedForByItsReverseName) {
  EXPECT_EQ(AlpnServerName(Name("www.example.com")), "www.example.com");
  EXPECT_EQ(AlpnServerName(Name("192.0.2.1")), "1.2.0.192.in-addr.arpa");
  EXPECT_EQ(AlpnServerName(Name("2001:db8::1")),
            "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

TEST(AlpnCertificateDeathTest, ThereIsNoneForAWildcard) {
  EXPECT_DEATH(static_cast<void>(MakeAlpnCertificate(Name("*.example.com"), kDigest, kMadeAt)),
               "invariant");
}

}  // namespace
}  // namespace certbroker::pki
