// Which keys an agent CA certifies. The keys are those of openssl's CSRs (tools/gen_testdata.py).
#include "keystore/certified_key.h"

#include <openssl/x509.h>

#include "tests/pki/forge.h"
#include "tests/support/result_matchers.h"

namespace certbroker::keystore {
namespace {

using ::testing::HasSubstr;

Bytes SpkiIn(std::string_view fixture) {
  const std::string der = forge::ReadTestdata("pki/csr-" + std::string(fixture) + ".der");
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const std::unique_ptr<X509_REQ, decltype(&X509_REQ_free)> request(
      d2i_X509_REQ(nullptr, &at, static_cast<long>(der.size())), X509_REQ_free);
  unsigned char* encoded = nullptr;
  const int size = i2d_X509_PUBKEY(X509_REQ_get_X509_PUBKEY(request.get()), &encoded);
  Bytes spki(encoded, encoded + size);
  OPENSSL_free(encoded);
  return spki;
}

TEST(CertifiedKeyTest, ReadsKeysThatAreAllowed) {
  for (const std::string_view fixture :
       {"ec-p256", "ec-p384", "rsa-2048", "rsa-3072", "rsa-4096"}) {
    SCOPED_TRACE(fixture);
    EXPECT_THAT(ReadCertifiedKey(SpkiIn(fixture)), IsOk());
  }
}

TEST(CertifiedKeyTest, RefusesEveryOtherKeyAndSaysWhichToMake) {
  struct Case {
    std::string_view fixture;
    std::string_view says;
  };
  const Case kCases[] = {
      {"ec-p-224", "another curve"},     {"ec-p-521", "another curve"},
      {"ec-secp256k1", "another curve"}, {"ec-brainpoolp256r1", "another curve"},
      {"ec-explicit", "another curve"},  {"ec-compressed", "not in uncompressed form"},
      {"ed25519", "another kind"},       {"ed448", "another kind"},
      {"rsa-1024", "another size"},      {"rsa-2047", "another size"},
      {"rsa-8192", "too long"},          {"rsa-2048-e3", "another exponent"},
      {"rsa-pss-key", "another kind"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.fixture);
    EXPECT_THAT(ReadCertifiedKey(SpkiIn(c.fixture)),
                IsError(Reason::kKeyTypeNotAllowed,
                        AllOf(HasSubstr(c.says), HasSubstr("P-256 or P-384, or RSA"))));
  }
}

TEST(CertifiedKeyTest, RefusesWhatIsNoKeyInDer) {
  const Bytes good = SpkiIn("ec-p256");
  Bytes trailing = good;
  trailing.push_back(0);
  Bytes off_curve = good;
  off_curve.back() ^= 0x01;
  Bytes long_length = good;  // 0x30 0x59 → 0x30 0x81 0x59: BER
  long_length.insert(long_length.begin() + 1, 0x81);
  for (const Bytes& spki : {Bytes{}, trailing, off_curve, long_length, Bytes(91, 0x30)}) {
    EXPECT_THAT(ReadCertifiedKey(spki),
                IsError(Reason::kKeyTypeNotAllowed, HasSubstr("no SubjectPublicKeyInfo in DER")));
  }
}

}  // namespace
}  // namespace certbroker::keystore
