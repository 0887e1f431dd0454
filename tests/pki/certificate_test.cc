#include "pki/certificate.h"

#include <map>
#include <sstream>

#include "pki/digest.h"
#include "pki/pem_chain.h"
#include "tests/pki/forge.h"
#include "tests/support/result_matchers.h"

namespace certbroker::pki {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Certificate TestCertificate(const std::string& name) {
  return ParsePemChain(forge::ReadTestdata("pki/" + name + ".pem"))->front();
}

// "leaf serial 0123…" → {"serial", "0123…"}: what the openssl program says.
std::map<std::string, std::string> Expected(const std::string& certificate) {
  std::map<std::string, std::string> fields;
  std::istringstream lines(forge::ReadTestdata("pki/expected.txt"));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(certificate + " ")) continue;
    line.erase(0, certificate.size() + 1);
    const std::size_t space = line.find(' ');
    fields[line.substr(0, space)] = line.substr(space + 1);
  }
  return fields;
}

// "2026-11-21 07:30:00Z"
Time OpensslTime(std::string text) {
  text[10] = 'T';
  return *ParseRfc3339(text);
}

TEST(CertificateTest, ReadsWhatOpensslReads) {
  for (const char* name :
       {"root", "other-root", "root-cross-signed", "intermediate", "leaf", "agent"}) {
    SCOPED_TRACE(name);
    const Certificate certificate = TestCertificate(name);
    auto expected = Expected(name);
    ASSERT_EQ(expected.size(), 7U);

    EXPECT_EQ(certificate.serial(), expected["serial"]);
    EXPECT_EQ(Hex(certificate.sha256()), expected["sha256"]);
    EXPECT_EQ(Hex(certificate.spki_sha256()), expected["spki"]);
    EXPECT_EQ(certificate.subject(), expected["subject"]);
    EXPECT_EQ(certificate.issuer(), expected["issuer"]);
    EXPECT_EQ(certificate.not_before(), OpensslTime(expected["not-before"]));
    EXPECT_EQ(certificate.not_after(), OpensslTime(expected["not-after"]));
    EXPECT_EQ(certificate.ToPem(), forge::ReadTestdata("pki/" + std::string(name) + ".pem"));
  }
}

TEST(CertificateTest, ReadsNamesAndUsage) {
  const Certificate leaf = TestCertificate("leaf");
  EXPECT_THAT(leaf.dns_names(), ElementsAre("www.example.com", "example.com"));
  EXPECT_THAT(leaf.common_names(), ElementsAre("www.example.com"));
  EXPECT_THAT(leaf.uri_names(), IsEmpty());
  EXPECT_FALSE(leaf.is_ca());
  EXPECT_TRUE(leaf.has_eku());
  EXPECT_TRUE(leaf.has_eku_server_auth());
  EXPECT_FALSE(leaf.has_eku_client_auth());

  const Certificate agent = TestCertificate("agent");
  EXPECT_THAT(agent.uri_names(), ElementsAre("spiffe://fleet.example/agent/web-1"));
  EXPECT_THAT(agent.dns_names(), IsEmpty());
  EXPECT_FALSE(agent.has_eku_server_auth());
  EXPECT_TRUE(agent.has_eku_client_auth());

  const Certificate root = TestCertificate("root");
  EXPECT_TRUE(root.is_ca());
  EXPECT_FALSE(root.has_eku());
  EXPECT_FALSE(root.has_eku_server_auth());
}

const forge::Key& IssuerKey() {
  static const forge::Key key = forge::Key::Ec();
  return key;
}

Result<Certificate> ParseForged(const forge::CertificateRecipe& recipe) {
  return Certificate::Parse(forge::MakeCertificate(recipe, IssuerKey(), IssuerKey()));
}

TEST(CertificateTest, KeepsUriNamesOctetByOctet) {
  // Two URIs: one with an escape, a space and a capital scheme, one with a NUL inside.
  const auto certificate = ParseForged({.extensions = {{
                                            "subjectAltName",
                                            "DER:301d"
                                            "860d"
                                            "55524e3a6125326642202f2e2e"  // "URN:a%2fB /.."
                                            "860c"
                                            "75726e3a6100622e6c6f6e67"  // "urn:a\0b.long"
                                        }}});
  ASSERT_THAT(certificate, IsOk());
  EXPECT_THAT(certificate->uri_names(),
              ElementsAre("URN:a%2fB /..", std::string("urn:a\0b.long", 12)));
}

TEST(CertificateTest, KeepsDnsNamesAsTheyStandAndDescribesOthers) {
  const auto certificate = ParseForged(
      {.extensions = {{"subjectAltName",
                       "DNS:B.Example.,DNS:a.example,DNS:a.example,IP:192.0.2.1,email:a@b.example,"
                       "RID:1.2.3"}}});
  ASSERT_THAT(certificate, IsOk());
  EXPECT_THAT(certificate->dns_names(), ElementsAre("B.Example.", "a.example", "a.example"));
  EXPECT_THAT(certificate->ip_names(), ElementsAre("192.0.2.1"));
  EXPECT_THAT(certificate->other_names(), ElementsAre("email:a@b.example", "Registered ID:1.2.3"));
}

TEST(CertificateTest, GivesTheSerialsContentOctets) {
  const std::pair<std::string, std::string> kCases[] = {
      {"01", "01"},
      {"7f", "7f"},
      {"80", "0080"},  // RFC 9773 §4.1: with the octet that keeps it positive
      {"87654321", "0087654321"},
      {"00ff", "00ff"},
      {"ffffffffffffffffffffffffffffffffffffffff", "00ffffffffffffffffffffffffffffffffffffffff"},
  };
  for (const auto& [serial, want] : kCases) {
    SCOPED_TRACE(serial);
    const auto certificate = ParseForged({.serial_hex = serial});
    ASSERT_THAT(certificate, IsOk());
    EXPECT_EQ(certificate->serial(), want);
  }
}

// RFC 5280 §4.2.1.1: keyIdentifier, and the two members that nobody uses.
TEST(CertificateTest, ReadsTheAuthoritysKeyIdentifier) {
  const std::pair<std::string, std::string> kCases[] = {
      {"DER:300780050102030405", "0102030405"},
      {"DER:3003820101", ""},
      {"DER:3000", ""},
      {"DER:30028000", ""},
      {"DER:300680010A820101", "0a"},
  };
  for (const auto& [value, want] : kCases) {
    SCOPED_TRACE(value);
    const auto certificate = ParseForged({.extensions = {{"2.5.29.35", value}}});
    ASSERT_THAT(certificate, IsOk());
    EXPECT_EQ(Hex(certificate->authority_key_id()), want);
  }
  EXPECT_THAT(ParseForged({.extensions = {}})->authority_key_id(), IsEmpty());
}

TEST(CertificateTest, ReadsTimesOfBothEncodings) {
  // Until 2049 UTCTime, from 2050 GeneralizedTime (RFC 5280 §4.1.2.5).
  for (const char* text : {"1970-01-01T00:00:00Z", "2049-12-31T23:59:59Z", "2050-01-01T00:00:00Z",
                           "9999-12-31T23:59:59Z"}) {
    SCOPED_TRACE(text);
    const auto certificate =
        ParseForged({.not_before = *ParseRfc3339(text), .not_after = *ParseRfc3339(text)});
    ASSERT_THAT(certificate, IsOk());
    EXPECT_EQ(FormatRfc3339(certificate->not_before()), text);
    EXPECT_EQ(FormatRfc3339(certificate->not_after()), text);
  }
}

TEST(CertificateTest, AnyUsageIsNotServerUsage) {
  const auto certificate =
      ParseForged({.extensions = {{"extendedKeyUsage", "anyExtendedKeyUsage"}}});
  ASSERT_THAT(certificate, IsOk());
  EXPECT_TRUE(certificate->has_eku());
  EXPECT_FALSE(certificate->has_eku_server_auth());
  EXPECT_FALSE(certificate->has_eku_client_auth());
}

TEST(CertificateTest, MakesNamesPrintable) {
  const auto certificate =
      // NOLINTNEXTLINE(misc-misleading-bidirectional): escaped, and what the test is about
      ParseForged({.subject = {{"O", "a\x1b[31mb\xE2\x80\xAE"}, {"CN", "Größe, x"}}});
  ASSERT_THAT(certificate, IsOk());
  EXPECT_EQ(certificate->subject(), "CN=Größe\\, x,O=a\\1B[31mb");
}

TEST(CertificateTest, RefusesWhatIsNoCertificate) {
  const Bytes der = TestCertificate("leaf").der();
  Bytes trailing = der;
  trailing.push_back(0);
  struct Case {
    std::string_view name;
    Bytes der;
  };
  const Case kCases[] = {
      {"nothing", {}},
      {"text", ToBytes(AsBytes("hello"))},
      {"PEM", ToBytes(AsBytes(TestCertificate("leaf").ToPem()))},
      {"cut off", Bytes(der.begin(), der.end() - 1)},
      {"something behind", trailing},
      {"a CSR", forge::MakeCsr(IssuerKey(), {"www.example.com"})},
      {"indefinite length",
       [&] {
         Bytes ber{0x30, 0x80};
         ber.insert(ber.end(), der.begin() + 4, der.end());
         ber.insert(ber.end(), {0, 0});
         return ber;
       }()},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_THAT(Certificate::Parse(c.der),
                IsError(Reason::kInvalidArgument, HasSubstr("not a readable X.509 certificate")));
  }
}

TEST(CertificateTest, RefusesMalformedExtensions) {
  const std::vector<forge::Extension> kCases[] = {
      {{"subjectAltName", "DNS:a.example"}, {"subjectAltName", "DNS:b.example"}},
      {{"subjectAltName", "DER:0500"}},
      {{"subjectAltName", "DER:308200"}},
      {{"basicConstraints", "DER:0500"}},
      {{"keyUsage", "DER:0500"}},
      {{"extendedKeyUsage", "DER:0500"}},
      {{"2.5.29.35", "DER:0500"}},
      {{"2.5.29.35", "DER:30038001"}},
  };
  for (const auto& extensions : kCases) {
    SCOPED_TRACE(extensions.back().name + " " + extensions.back().value);
    EXPECT_THAT(ParseForged({.extensions = extensions}),
                IsError(Reason::kInvalidArgument, HasSubstr("malformed")));
  }
}

TEST(CertificateTest, CopiesAreEqualAndOthersAreNot) {
  const Certificate leaf = TestCertificate("leaf");
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): the copy is what is tested
  const Certificate copy = leaf;
  EXPECT_EQ(copy, leaf);
  EXPECT_EQ(TestCertificate("leaf"), leaf);
  EXPECT_THAT(TestCertificate("root"), Not(testing::Eq(leaf)));
}

}  // namespace
}  // namespace certbroker::pki
