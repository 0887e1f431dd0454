// What a CSR is made of: size, encoding, signature. tests/pki/csr_request_test.cc has what it asks
// for, csr_key_test.cc its key.
#include <algorithm>
#include <memory>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "pki/csr.h"
#include "pki/digest.h"
#include "tests/fakes/fake_random.h"
#include "tests/pki/forge.h"
#include "tests/support/result_matchers.h"

namespace certbroker::pki {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Bytes Fixture(std::string_view name) {
  return ToBytes(AsBytes(forge::ReadTestdata("pki/csr-" + std::string(name) + ".der")));
}

TEST(CsrFormTest, KeepsWhatItWasGiven) {
  const forge::Key key = forge::Key::Ec();
  const Bytes der =
      forge::MakeCsr(key, {"b.example.com", "A.Example.COM", "b.example.com", "*.example.com"});

  const auto csr = Csr::Parse(der);

  ASSERT_THAT(csr, IsOk());
  EXPECT_EQ(csr->der(), der);
  EXPECT_EQ(csr->spki_der(), key.SpkiDer());
  EXPECT_EQ(csr->spki_sha256(), Sha256(key.SpkiDer()));
  EXPECT_EQ(JoinNames(csr->names()), "*.example.com, a.example.com, b.example.com");
}

// A DNS name of `length` octets that differs from the others.
std::string NameOfLength(std::size_t number, std::size_t length) {
  std::string text = "n" + std::to_string(1000 + number);
  while (text.size() < length - 8) text += text.size() % 50 == 49 ? '.' : 'x';
  if (text.ends_with('.')) text.back() = 'x';
  return text + ".example";
}

// A CSR of exactly `size` octets. RSA, because its signatures are all of one length.
Bytes CsrOfSize(const forge::Key& key, std::size_t size) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < 82; ++i) names.push_back(NameOfLength(i, 190));
  for (std::size_t length = 20; length < 240; ++length) {
    names.back() = NameOfLength(81, length);
    Bytes der = forge::MakeCsr(key, names);
    if (der.size() == size) return der;
  }
  return {};
}

TEST(CsrFormTest, SixteenKibibytesAreTheLimit) {
  const forge::Key key = forge::Key::Rsa(2048);
  const Bytes largest = CsrOfSize(key, Csr::kMaxBytes);
  const Bytes too_large = CsrOfSize(key, Csr::kMaxBytes + 1);
  ASSERT_EQ(largest.size(), Csr::kMaxBytes);
  ASSERT_EQ(too_large.size(), Csr::kMaxBytes + 1);

  EXPECT_THAT(Csr::Parse(largest), IsOk());
  EXPECT_THAT(Csr::Parse(too_large), IsError(Reason::kCsrInvalid, HasSubstr("16385 octets")));
}

TEST(CsrFormTest, SaysWhatIsNoCsr) {
  const Bytes der = Fixture("ec-p256");
  Bytes trailing = der;
  trailing.push_back(0);
  const std::string pem = forge::Pem("CERTIFICATE REQUEST", der);
  struct Case {
    std::string_view name;
    Bytes der;
    std::string_view says;
  };
  const Case kCases[] = {
      {"nothing", {}, "empty"},
      {"PEM", ToBytes(AsBytes(pem)), "PEM"},
      {"text", ToBytes(AsBytes("hello")), "not in DER"},
      {"cut off", Bytes(der.begin(), der.end() - 1), "not in DER"},
      {"something behind", trailing, "not in DER"},
      {"twice",
       [&] {
         Bytes two = der;
         two.insert(two.end(), der.begin(), der.end());
         return two;
       }(),
       "not in DER"},
      {"a certificate",
       [] { return forge::MakeCertificate({}, forge::Key::Ec(), forge::Key::Ec()); }(),
       "not a PKCS #10"},
      {"an empty sequence", *FromHex("3000"), "not a PKCS #10"},
      {"a number", *FromHex("020105"), "not a PKCS #10"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_THAT(Csr::Parse(c.der), IsError(Reason::kCsrInvalid, HasSubstr(c.says)));
  }
}

// --- CSRs put together octet by octet, with a right signature over whatever they hold ---

Bytes Octets(std::string_view hex) { return *FromHex(hex); }

Bytes SanExtension(const Bytes& critical = {}) {
  const Bytes names = forge::Der(0x30, {forge::Der(0x82, {ToBytes(AsBytes("www.example.com"))})});
  return forge::Der(0x30, {Octets("0603551d11"), critical, forge::Der(0x04, {names})});
}

// An extensionRequest; right with one list.
Bytes ExtensionRequest(const std::vector<Bytes>& lists) {
  return forge::Der(0x30, {Octets("06092a864886f70d01090e"), forge::Der(0x31, lists)});
}

// Attributes with one extensionRequest that holds these extensions.
Bytes Attributes(const std::vector<Bytes>& extensions) {
  return forge::Der(0xA0, {ExtensionRequest({forge::Der(0x30, extensions)})});
}

const Bytes kSha256WithEcdsa = Octets("300a06082a8648ce3d040302");

struct Parts {
  Bytes version = Octets("020100");
  Bytes subject = Octets("3000");
  Bytes attributes = Attributes({SanExtension()});
  Bytes behind = {};
  Bytes algorithm = kSha256WithEcdsa;
};

Bytes Sign(const forge::Key& key, const Parts& parts) {
  const Bytes info = forge::Der(
      0x30, {parts.version, parts.subject, key.SpkiDer(), parts.attributes, parts.behind});
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  Bytes signature(512);
  std::size_t size = signature.size();
  EXPECT_EQ(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()), 1);
  EXPECT_EQ(EVP_DigestSign(context.get(), signature.data(), &size, info.data(), info.size()), 1);
  signature.resize(size);
  return forge::Der(0x30, {info, parts.algorithm, forge::Der(0x03, {Octets("00"), signature})});
}

// Whether OpenSSL decodes it, finds the signature right, and encodes it to the same octets.
bool OpenSslTakes(const Bytes& der) {
  const unsigned char* at = der.data();
  const std::unique_ptr<X509_REQ, decltype(&X509_REQ_free)> request(
      d2i_X509_REQ(nullptr, &at, static_cast<long>(der.size())), X509_REQ_free);
  if (!request || X509_REQ_verify(request.get(), X509_REQ_get0_pubkey(request.get())) != 1) {
    return false;
  }
  unsigned char* encoded = nullptr;
  const int size = i2d_X509_REQ(request.get(), &encoded);
  const bool same = size > 0 && Bytes(encoded, encoded + size) == der;
  OPENSSL_free(encoded);
  return same;
}

TEST(CsrFormTest, TakesItsOwnHandiwork) {
  EXPECT_THAT(Csr::Parse(Sign(forge::Key::Ec(), {})), IsOk());
  EXPECT_THAT(Csr::Parse(Sign(forge::Key::Ec(),
                              {.attributes = Attributes({SanExtension(Octets("0101ff"))})})),
              IsOk());
}

TEST(CsrFormTest, RefusesBerThatOpenSslTakes) {
  const forge::Key key = forge::Key::Ec();
  struct Case {
    std::string_view name;
    Parts parts;
  };
  const Case kCases[] = {
      {"long form of a length in the subject", {.subject = Octets("308100")}},
      {"indefinite length in the subject", {.subject = Octets("30800000")}},
      {"long form of a length in an extension",
       {.attributes = Attributes({Octets("30811a0603551d110413"
                                         "3011820f7777772e6578616d706c652e636f6d")})}},
      {"a truth value that is neither 00 nor FF",
       {.attributes = Attributes({SanExtension(Octets("010101"))})}},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    const Bytes der = Sign(key, c.parts);
    EXPECT_TRUE(OpenSslTakes(der)) << "then pki/der.h is not needed for this any more";
    EXPECT_THAT(Csr::Parse(der), IsError(Reason::kCsrInvalid, HasSubstr("not in DER")));
  }
}

TEST(CsrFormTest, RefusesOtherShapes) {
  const forge::Key key = forge::Key::Ec();
  const Bytes list = forge::Der(0x30, {SanExtension()});
  const Bytes empty_list = Octets("3000");
  struct Case {
    std::string_view name;
    Parts parts;
    std::string_view says;
  };
  const Case kCases[] = {
      {"version 2", {.version = Octets("020101")}, "PKCS #10"},
      {"version in two octets", {.version = Octets("02020000")}, "not in DER"},
      {"no version", {.version = {}}, "PKCS #10"},
      {"something behind the attributes", {.behind = Octets("0500")}, "PKCS #10"},
      {"no attributes at all", {.attributes = {}}, "no subjectAltName"},
      {"empty attributes", {.attributes = Octets("a000")}, "no subjectAltName"},
      {"no extensions", {.attributes = Attributes({})}, "no subjectAltName"},
      {"the attribute without a value",
       {.attributes = Octets("a00f300d06092a864886f70d01090e3100")},
       "more than one list"},
      // Two lists: which one would the CA read?
      {"a second list beside the first",
       {.attributes = forge::Der(0xA0, {ExtensionRequest({list, empty_list})})},
       "more than one list"},
      {"the attribute twice",
       {.attributes = forge::Der(0xA0, {ExtensionRequest({list}), ExtensionRequest({list})})},
       "more than one list"},
      {"the attribute holds no list",
       {.attributes = Octets("a011300f06092a864886f70d01090e31020500")},
       "cannot be decoded"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_THAT(Csr::Parse(Sign(key, c.parts)), IsError(Reason::kCsrInvalid, HasSubstr(c.says)));
  }
}

TEST(CsrFormTest, TakesSixSignatureAlgorithmsInTheirExactForm) {
  struct Case {
    std::string_view name, algorithm;
    bool rsa;
  };
  const Case kCases[] = {
      {"NULL parameters for ECDSA", "300c06082a8648ce3d0403020500", false},
      {"ECDSA with another hash than used", "300a06082a8648ce3d040303", false},
      {"ecdsa-with-SHA1", "300906072a8648ce3d0401", false},
      {"RSA's name on an ECDSA signature", "300d06092a864886f70d01010b0500", false},
      {"no parameters for RSA", "300b06092a864886f70d01010b", true},
      {"an OCTET STRING as parameters", "300d06092a864886f70d01010b0400", true},
      {"RSA with another hash than used", "300d06092a864886f70d01010c0500", true},
      {"no algorithm", "3000", true},
  };
  const forge::Key ec = forge::Key::Ec();
  const forge::Key rsa = forge::Key::Rsa(2048);
  ASSERT_THAT(Csr::Parse(Sign(rsa, {.algorithm = Octets("300d06092a864886f70d01010b0500")})),
              IsOk());
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_THAT(Csr::Parse(Sign(c.rsa ? rsa : ec, {.algorithm = Octets(c.algorithm)})),
                IsError(Reason::kCsrInvalid, HasSubstr("sign")));
  }
}

TEST(CsrFormTest, RefusesWeakAndUnusualSignatures) {
  for (const char* fixture : {"ec-p256-sha1", "ec-p256-sha224", "ec-p256-sha3", "rsa-2048-sha1",
                              "rsa-2048-md5", "rsa-2048-signed-with-pss"}) {
    SCOPED_TRACE(fixture);
    EXPECT_THAT(Csr::Parse(Fixture(fixture)),
                IsError(Reason::kCsrInvalid, HasSubstr("SHA-256, SHA-384 or SHA-512")));
  }
}

TEST(CsrFormTest, RefusesAStrangersKey) {
  const forge::Key mine = forge::Key::Ec();
  const forge::Key theirs = forge::Key::Ec();
  // The info names their key; I sign.
  Bytes der = forge::MakeCsr(theirs, {"www.example.com"});
  const Bytes their_key = theirs.SpkiDer();
  const Bytes my_key = mine.SpkiDer();
  const auto at = std::search(der.begin(), der.end(), their_key.begin(), their_key.end());
  ASSERT_NE(at, der.end());
  std::copy(my_key.begin(), my_key.end(), at);

  EXPECT_THAT(Csr::Parse(der), IsError(Reason::kCsrInvalid, HasSubstr("not signed by the key")));
}

TEST(CsrFormTest, NoBitCanBeFlipped) {
  struct Case {
    const char* fixture;
    std::size_t step;  // the dearer keys: every third bit
  };
  for (const auto& [fixture, step] :
       {Case{"ec-p256", 1}, Case{"ec-p384", 3}, Case{"rsa-2048", 3}}) {
    const Bytes der = Fixture(fixture);
    ASSERT_THAT(Csr::Parse(der), IsOk());
    for (std::size_t bit = 0; bit < der.size() * 8; bit += step) {
      Bytes flipped = der;
      flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
      ASSERT_THAT(Csr::Parse(flipped), Not(IsOk())) << fixture << ", bit " << bit;
    }
  }
}

TEST(CsrFormTest, NoEditPasses) {
  FakeRandom random(20261121);
  const Bytes der = Fixture("ec-p256");
  for (int round = 0; round < 20000; ++round) {
    Bytes edited = der;
    for (std::uint64_t edits = 1 + random.Below(4); edits > 0; --edits) {
      const auto at = edited.begin() + static_cast<std::ptrdiff_t>(random.Below(edited.size()));
      const auto octet = static_cast<std::uint8_t>(random.Below(256));
      switch (random.Below(4)) {
        case 0:
          edited.insert(at, octet);
          break;
        case 1:
          edited.erase(at);
          break;
        case 2:
          edited.resize(edited.size() - random.Below(edited.size() / 2));
          break;
        default:
          *at = octet;
      }
    }
    if (edited == der) continue;
    ASSERT_THAT(Csr::Parse(edited), Not(IsOk())) << "round " << round << ": " << Hex(edited);
  }
}

}  // namespace
}  // namespace certbroker::pki
