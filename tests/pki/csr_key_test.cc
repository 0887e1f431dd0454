// Which keys a CSR may hold. The CSRs are openssl's (tools/gen_testdata.py), each right but for its
// key.
#include "pki/csr.h"
#include "pki/public_key.h"
#include "tests/pki/forge.h"
#include "tests/support/result_matchers.h"

namespace certbroker::pki {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

Bytes KeyedRequest(std::string_view name) {
  return ToBytes(AsBytes(forge::ReadTestdata("pki/csr-" + std::string(name) + ".der")));
}

struct GoodKey {
  std::string_view fixture;
  KeyType type;
  std::string_view name;
};

TEST(CsrKeyTest, TakesTheKeysThatPublicCasTake) {
  const GoodKey kCases[] = {
      {"ec-p256", KeyType::kEcP256, "ec-p256"},
      {"ec-p256-sha512", KeyType::kEcP256, "ec-p256"},
      {"ec-p384", KeyType::kEcP384, "ec-p384"},
      {"rsa-2048", KeyType::kRsa2048, "rsa-2048"},
      {"rsa-2048-sha512", KeyType::kRsa2048, "rsa-2048"},
      {"rsa-3072", KeyType::kRsa3072, "rsa-3072"},
      {"rsa-4096", KeyType::kRsa4096, "rsa-4096"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.fixture);
    const auto csr = Csr::Parse(KeyedRequest(c.fixture));
    ASSERT_THAT(csr, IsOk());
    EXPECT_EQ(csr->key_type(), c.type);
    EXPECT_EQ(ToString(csr->key_type()), c.name);
    EXPECT_EQ(KeyTypeFromName(c.name), c.type);
    EXPECT_EQ(JoinNames(csr->names()), "example.com, www.example.com");
  }
  EXPECT_EQ(KeyTypeFromName("rsa-1024"), std::nullopt);
}

struct BadKey {
  std::string_view fixture;
  std::string_view says;
};

TEST(CsrKeyTest, RefusesEveryOtherKeyAndSaysWhichToMake) {
  const BadKey kCases[] = {
      {"ec-p-224", "secp224r1"},
      {"ec-p-521", "secp521r1"},
      {"ec-secp256k1", "secp256k1"},
      {"ec-brainpoolp256r1", "brainpoolP256r1"},
      {"ec-explicit", "spells out its curve"},
      {"ec-compressed", "not in uncompressed form"},
      {"ed25519", "ED25519"},
      {"ed448", "ED448"},
      {"rsa-1024", "1024 bits"},
      {"rsa-2047", "2047 bits"},
      {"rsa-8192", "8192 bits"},
      {"rsa-2048-e3", "exponent is not 65537"},
      {"rsa-pss-key", "rsassaPss"},
      {"rsa-close-primes", "too close"},  // Fermat finds them in rounds 90 to 100
      {"rsa-small-factor", "divisible by 751"},
      {"rsa-roca", "ROCA"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.fixture);
    EXPECT_THAT(Csr::Parse(KeyedRequest(c.fixture)),
                IsError(Reason::kKeyTypeNotAllowed,
                        AllOf(HasSubstr(c.says), HasSubstr("P-256 or P-384, or RSA"))));
  }
}

// The place where the fixture's modulus begins: right behind INTEGER, 257 octets, leading zero.
std::size_t ModulusAt(const Bytes& der) {
  const std::string_view header("\x02\x82\x01\x01\x00", 5);
  return AsText(der).find(header) + header.size();
}

TEST(CsrKeyTest, RefusesAnEvenModulus) {
  Bytes der = KeyedRequest("rsa-2048");
  der[ModulusAt(der) + 255] &= 0xFEU;
  EXPECT_THAT(Csr::Parse(der), IsError(Reason::kKeyTypeNotAllowed, HasSubstr("even")));
}

TEST(CsrKeyTest, JudgesTheKeyBeforeItComputesWithIt) {
  // Were the signature looked at first, a broken one would be reported.
  for (const char* fixture : {"rsa-8192", "rsa-1024", "ec-explicit", "ec-p-521"}) {
    SCOPED_TRACE(fixture);
    Bytes der = KeyedRequest(fixture);
    der.back() ^= 0x01U;
    EXPECT_THAT(Csr::Parse(der), IsError(Reason::kKeyTypeNotAllowed));
  }
}

TEST(CsrKeyTest, RefusesAPointOffTheCurve) {
  Bytes der = KeyedRequest("ec-p256");
  const std::string_view header("\x03\x42\x00\x04", 4);
  const std::size_t point = AsText(der).find(header) + header.size();
  der[point + 63] ^= 0x01U;  // of y
  EXPECT_THAT(Csr::Parse(der), IsError(Reason::kCsrInvalid, HasSubstr("no point on its curve")));
}

struct BadSpki {
  std::string_view name, hex;
  Reason reason;
};

TEST(CsrKeyTest, RefusesMalformedKeys) {
  const BadSpki kCases[] = {
      {"empty", "", Reason::kCsrInvalid},
      {"no SEQUENCE", "0500", Reason::kCsrInvalid},
      {"no key", "3015301306072a8648ce3d020106082a8648ce3d030107", Reason::kCsrInvalid},
      {"point at infinity", "3019301306072a8648ce3d020106082a8648ce3d03010703020000",
       Reason::kKeyTypeNotAllowed},
      {"no point", "3018301306072a8648ce3d020106082a8648ce3d030107030100",
       Reason::kKeyTypeNotAllowed},
      {"unused bits", "3019301306072a8648ce3d020106082a8648ce3d03010703020480",
       Reason::kCsrInvalid},
      {"curve by NULL", "300f300b06072a8648ce3d020105000300", Reason::kCsrInvalid},
      {"curve implicitly", "3010300b06072a8648ce3d0201050003010 0", Reason::kKeyTypeNotAllowed},
      {"RSA without NULL", "3010300b06092a864886f70d010101030100", Reason::kKeyTypeNotAllowed},
      {"RSA of nothing", "3012300d06092a864886f70d0101010500030100", Reason::kCsrInvalid},
      {"RSA without exponent", "3017300d06092a864886f70d010101050003060030030201 05",
       Reason::kCsrInvalid},
      {"RSA modulus negative", "301a300d06092a864886f70d0101010500030900300602018502010 3",
       Reason::kCsrInvalid},
      {"RSA modulus zero", "301a300d06092a864886f70d0101010500030900300602010002010 3",
       Reason::kKeyTypeNotAllowed},
      {"RSA with a third number", "301d300d06092a864886f70d0101010500030c00300902010502010302010 3",
       Reason::kCsrInvalid},
      {"RSA modulus with a needless zero",
       "301b300d06092a864886f70d0101010500030a0030070202000502010 3", Reason::kCsrInvalid},
      {"DSA", "3010300b06072a8648ce3804013000030100", Reason::kKeyTypeNotAllowed},
      {"no algorithm", "3005300003010 0", Reason::kCsrInvalid},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    std::string hex(c.hex);
    std::erase(hex, ' ');
    const auto der = FromHex(hex);
    ASSERT_TRUE(der.has_value());
    EXPECT_THAT(CheckPublicKey(*der), IsError(c.reason));
  }
}

}  // namespace
}  // namespace certbroker::pki
