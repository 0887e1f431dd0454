// What a CSR asks for: names, extensions, subject.
#include <openssl/objects.h>

#include "pki/csr.h"
#include "tests/pki/forge.h"
#include "tests/support/result_matchers.h"

namespace certbroker::pki {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;

using Extensions = std::vector<forge::Extension>;

const forge::Extension kSan{"subjectAltName", "DNS:www.example.com,DNS:example.com"};

const forge::Key& RequestKey() {
  static const forge::Key key = forge::Key::Ec();
  return key;
}

Result<Csr> ParseRequest(const forge::CsrRecipe& recipe) {
  return Csr::Parse(forge::MakeCsr(RequestKey(), recipe));
}

TEST(CsrRequestTest, TakesWhatGeneratorsUsuallyAdd) {
  const Extensions kCases[] = {
      {{"subjectAltName", "critical,DNS:www.example.com,DNS:example.com"}},
      {kSan, {"basicConstraints", "CA:FALSE"}},
      {kSan, {"basicConstraints", "critical,CA:FALSE"}},
      {kSan, {"2.5.29.19", "DER:3003010100"}},  // CA:FALSE spelled out
      {kSan, {"keyUsage", "critical,digitalSignature,keyEncipherment,keyAgreement"}},
      {kSan, {"keyUsage", "nonRepudiation,digitalSignature,keyEncipherment"}},  // openssl's v3_req
      {kSan, {"extendedKeyUsage", "serverAuth"}},
      {kSan, {"subjectKeyIdentifier", "00112233"}},
      {{"keyUsage", "digitalSignature"}, {"extendedKeyUsage", "serverAuth"}, kSan},
  };
  for (const auto& extensions : kCases) {
    SCOPED_TRACE(extensions.back().name + " " + extensions.back().value);
    const auto csr = ParseRequest({.extensions = extensions});
    ASSERT_THAT(csr, IsOk());
    EXPECT_EQ(JoinNames(csr->names()), "example.com, www.example.com");
  }
}

struct BadExtension {
  std::string_view name;
  forge::Extension extension;
  std::string_view says;
};

TEST(CsrRequestTest, RefusesEveryOtherExtension) {
  const BadExtension kCases[] = {
      {"CA", {"basicConstraints", "CA:TRUE"}, "CA:TRUE"},
      {"CA, critical", {"basicConstraints", "critical,CA:TRUE,pathlen:0"}, "CA:TRUE"},
      {"path length of no CA", {"basicConstraints", "CA:FALSE,pathlen:1"}, "path length"},
      {"keyCertSign", {"keyUsage", "keyCertSign"}, "keyCertSign"},
      {"keyCertSign among others", {"keyUsage", "digitalSignature,keyCertSign"}, "keyCertSign"},
      {"cRLSign", {"keyUsage", "cRLSign"}, "cRLSign"},
      {"encipherOnly", {"keyUsage", "keyAgreement,encipherOnly"}, "encipherOnly"},
      {"decipherOnly", {"keyUsage", "keyAgreement,decipherOnly"}, "decipherOnly"},
      {"clientAuth", {"extendedKeyUsage", "clientAuth"}, "Client Authentication"},
      {"clientAuth too", {"extendedKeyUsage", "serverAuth,clientAuth"}, "Client Authentication"},
      {"code signing", {"extendedKeyUsage", "codeSigning"}, "Code Signing"},
      {"OCSP signing", {"extendedKeyUsage", "OCSPSigning"}, "OCSP Signing"},
      {"any usage", {"extendedKeyUsage", "anyExtendedKeyUsage"}, "Any Extended Key Usage"},
      {"unknown usage", {"extendedKeyUsage", "1.2.3.4.5"}, "1.2.3.4.5"},
      {"must-staple", {"tlsfeature", "status_request"}, "must-staple"},
      {"must-staple by number", {"1.3.6.1.5.5.7.1.24", "DER:3003020105"}, "must-staple"},
      {"name constraints", {"nameConstraints", "permitted;DNS:example.com"}, "Name Constraints"},
      {"policy", {"certificatePolicies", "DER:300a3008060667810c010201"}, "Certificate Policies"},
      {"policy constraints",
       {"policyConstraints", "requireExplicitPolicy:0"},
       "Policy Constraints"},
      {"inhibit any policy", {"inhibitAnyPolicy", "0"}, "Inhibit Any Policy"},
      {"issuer's other names", {"issuerAltName", "DNS:ca.example"}, "Issuer Alternative Name"},
      {"authority information",
       {"authorityInfoAccess", "OCSP;URI:http://ocsp.example"},
       "Authority Information Access"},
      {"CRL", {"crlDistributionPoints", "URI:http://crl.example"}, "CRL Distribution Points"},
      {"authority key", {"authorityKeyIdentifier", "DER:30048002aabb"}, "Authority Key Identifier"},
      {"poison", {"1.3.6.1.4.1.11129.2.4.3", "critical,DER:0500"}, "CT Precertificate Poison"},
      {"no check", {"noCheck", "ignored"}, "OCSP No Check"},
      {"tls-alpn-01",
       {"1.3.6.1.5.5.7.1.31", "critical,DER:0420" + std::string(64, 'a')},
       "1.3.6.1.5.5.7.1.31"},
      {"Netscape type", {"nsCertType", "server"}, "Netscape Cert Type"},
      {"Netscape comment", {"nsComment", "made by hand"}, "Netscape Comment"},
      {"Microsoft template",
       {"1.3.6.1.4.1.311.20.2", "DER:1e06004300410021"},
       "1.3.6.1.4.1.311.20.2"},
      {"unknown", {"1.2.3.4.5", "DER:0500"}, "1.2.3.4.5"},
      {"unknown, critical", {"1.2.3.4.5", "critical,DER:0500"}, "1.2.3.4.5"},
      {"key usage twice", {"subjectAltName", "DNS:example.com"}, "twice"},
      // The right extension with the wrong content.
      {"no usage", {"extendedKeyUsage", "DER:3000"}, "extendedKeyUsage"},
      {"usage is no list", {"extendedKeyUsage", "DER:0500"}, "extendedKeyUsage"},
      {"key usage is no bit string", {"keyUsage", "DER:0500"}, "keyUsage"},
      {"key usage with unused bits set", {"keyUsage", "DER:030207ff"}, "keyUsage"},
      {"something behind the key usage", {"keyUsage", "DER:0302078000"}, "keyUsage"},
      {"constraints are no sequence", {"basicConstraints", "DER:0500"}, "basicConstraints"},
      {"something behind the constraints",
       {"basicConstraints", "DER:30000101ff"},
       "basicConstraints"},
      {"key identifier is no octets", {"subjectKeyIdentifier", "DER:0500"}, "subjectKeyIdentifier"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_THAT(ParseRequest({.extensions = {kSan, c.extension}}),
                IsError(Reason::kCsrInvalid, HasSubstr(c.says)));
  }
}

TEST(CsrRequestTest, WantsNamesInTheSubjectAltName) {
  EXPECT_THAT(ParseRequest({.subject = {{"CN", "www.example.com"}}, .extensions = {}}),
              IsError(Reason::kCsrInvalid, HasSubstr("no subjectAltName; put the names there")));
  EXPECT_THAT(ParseRequest({.extensions = {{"keyUsage", "digitalSignature"}}}),
              IsError(Reason::kCsrInvalid, HasSubstr("no subjectAltName")));
  EXPECT_THAT(ParseRequest({.extensions = {{"subjectAltName", "DER:3000"}}}),
              IsError(Reason::kCsrInvalid, HasSubstr("empty subjectAltName")));
  EXPECT_THAT(ParseRequest({.extensions = {{"subjectAltName", "DER:0500"}}}),
              IsError(Reason::kCsrInvalid, HasSubstr("cannot be decoded")));
  // Something behind the list, inside the extension: OpenSSL alone does not see it.
  EXPECT_THAT(ParseRequest({.extensions = {{"subjectAltName", "DER:300982076578616d706c650500"}}}),
              IsError(Reason::kCsrInvalid, HasSubstr("cannot be decoded")));
}

struct BadSan {
  std::string_view name, value, subject, says;
};

TEST(CsrRequestTest, TakesAddresses) {
  const auto csr = ParseRequest(
      {.extensions = {{"subjectAltName", "IP:2001:db8::1,DNS:www.example.com,IP:192.0.2.1"}}});
  ASSERT_THAT(csr, IsOk());
  EXPECT_EQ(JoinNames(csr->names()), "192.0.2.1, 2001:db8::1, www.example.com");
}

TEST(CsrRequestTest, RefusesNamesThatNoCaIssuesFor) {
  const BadSan kCases[] = {
      {"unspecified address", "IP:0.0.0.0", "0.0.0.0", "unspecified"},
      {"IPv4 as IPv6", "IP:::ffff:192.0.2.1", "::ffff:192.0.2.1", "written as IPv6"},
      {"address of five octets", "DER:300787050102030405", "0102030405", "4 or 16 octets"},
      {"mail", "email:root@example.com", "email:root@example.com", "only DNS names"},
      {"URI", "URI:https://www.example.com/", "URI:https://www.example.com/", "only DNS names"},
      {"registered", "RID:1.2.3.4", "Registered ID:1.2.3.4", "only DNS names"},
      {"other name", "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:root@example.com",
       "othername:UPN:root@example.com", "only DNS names"},
      {"directory name", "DER:3013a411300f310d300b06035504030c0468656865", "DirName:CN = hehe",
       "only DNS names"},
      {"address as a DNS name", "DNS:192.0.2.1", "192.0.2.1", "IP address"},
      {"underscore", "DNS:a_b.example.com", "a_b.example.com", "'_'"},
      {"single label", "DNS:localhost", "localhost", "one label"},
      {"trailing dot", "DNS:www.example.com.", "www.example.com.", "ends in a dot"},
      {"wildcard inside", "DNS:a.*.example.com", "a.*.example.com", "whole first label"},
      {"wildcard on a public suffix", "DNS:*.co.uk", "*.co.uk", "public suffix"},
      {"bad A-label", "DNS:xn--0.example", "xn--0.example", "A-label"},
      // "a\0b.example": what stands before the NUL is what careless readers see.
      {"NUL", "DER:300d820b6100622e6578616d706c65", "a?b.example", "character other"},
      {"UTF-8", "DER:300d820bc3bc622e6578616d706c65", "üb.example", "xn--b-dha.example"},
      {"empty", "DER:30028200", "", "empty"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    const auto alone = ParseRequest({.extensions = {{"subjectAltName", std::string(c.value)}}});
    EXPECT_THAT(alone, IsError(Reason::kNameInvalid, HasSubstr(c.says)));
    ASSERT_EQ(alone.error().violations().size(), 1U);
    EXPECT_EQ(alone.error().violations()[0].subject, c.subject);
    // A good name beside it does not help.
    if (c.value.starts_with("DER:")) continue;
    EXPECT_THAT(ParseRequest({.extensions = {{"subjectAltName",
                                              "DNS:www.example.com," + std::string(c.value)}}}),
                IsError(Reason::kNameInvalid, HasSubstr(c.says)));
  }
}

TEST(CsrRequestTest, TellsAllBadNamesAtOnce) {
  const auto csr = ParseRequest(
      {.extensions = {{"subjectAltName", "DNS:a_b.example,DNS:www.example.com,IP:0.0.0.0"}}});
  ASSERT_THAT(csr, IsError(Reason::kNameInvalid));
  EXPECT_THAT(csr.error().violations(), ElementsAre(Field(&Violation::subject, "a_b.example"),
                                                    Field(&Violation::subject, "0.0.0.0")));
}

TEST(CsrRequestTest, AHundredNamesAreTheLimit) {
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) names.push_back("n" + std::to_string(i) + ".example.com");
  const auto full = Csr::Parse(forge::MakeCsr(RequestKey(), names));
  ASSERT_THAT(full, IsOk());
  EXPECT_EQ(full->names().size(), 100U);

  names.emplace_back("one.too.many.example");
  EXPECT_THAT(Csr::Parse(forge::MakeCsr(RequestKey(), names)),
              IsError(Reason::kCsrInvalid, HasSubstr("101 names")));
}

struct SubjectCase {
  std::string_view name;
  forge::NameParts subject;
  std::string_view says;
};

TEST(CsrRequestTest, TakesACommonNameThatIsOneOfTheNames) {
  for (const char* common_name : {"www.example.com", "example.com", "WWW.example.com"}) {
    SCOPED_TRACE(common_name);
    EXPECT_THAT(ParseRequest({.subject = {{"CN", common_name}}}), IsOk());
  }
  const std::string name64 = "w" + std::string(51, 'w') + ".example.com";
  ASSERT_EQ(name64.size(), 64U);
  EXPECT_THAT(ParseRequest({.subject = {{"CN", name64}},
                            .extensions = {{"subjectAltName", "DNS:" + name64}}}),
              IsOk());
}

TEST(CsrRequestTest, RefusesEveryOtherSubject) {
  const SubjectCase kCases[] = {
      {"another name", {{"CN", "other.example.com"}}, "not one of its DNS names"},
      {"an address", {{"CN", "192.0.2.1"}}, "not one of its DNS names"},
      {"no name", {{"CN", "My web server"}}, "not one of its DNS names"},
      {"with a dot", {{"CN", "www.example.com."}}, "not one of its DNS names"},
      {"with a space", {{"CN", "www.example.com "}}, "not one of its DNS names"},
      {"a name in Unicode", {{"CN", "bücher.example"}}, "not one of its DNS names"},
      {"a NUL", {{"CN", std::string("www.example.com\0", 16)}}, "not one of its DNS names"},
      {"two", {{"CN", "www.example.com"}, {"CN", "example.com"}}, "more than one common name"},
      {"organisation", {{"O", "Example Inc."}}, "organizationName"},
      {"unit", {{"OU", "Web"}, {"CN", "www.example.com"}}, "organizationalUnitName"},
      {"country", {{"CN", "www.example.com"}, {"C", "DE"}}, "countryName"},
      {"locality", {{"L", "Berlin"}}, "localityName"},
      {"state", {{"ST", "Berlin"}}, "stateOrProvinceName"},
      {"mail", {{"emailAddress", "root@example.com"}}, "emailAddress"},
      {"serial number", {{"serialNumber", "1"}}, "serialNumber"},
      {"domain component", {{"DC", "example"}}, "domainComponent"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_THAT(ParseRequest({.subject = c.subject}),
                IsError(Reason::kCsrInvalid,
                        AllOf(HasSubstr(c.says), HasSubstr("leave the subject empty"))));
  }
}

TEST(CsrRequestTest, RefusesACommonNameOverSixtyFourCharacters) {
  // X509_NAME_add_entry refuses it too, so its length check is bypassed by replacing the text.
  const std::string name65 = std::string(53, 'w') + ".example.com";
  ASSERT_EQ(name65.size(), 65U);
  forge::CsrRecipe recipe{.subject = {{"CN", "x.example.com"}},
                          .extensions = {{"subjectAltName", "DNS:" + name65}}};
  recipe.before_signing = [&](X509_REQ* request) {
    X509_NAME* subject = X509_REQ_get_subject_name(request);
    X509_NAME_ENTRY* entry = X509_NAME_get_entry(subject, 0);
    ASN1_STRING_set(X509_NAME_ENTRY_get_data(entry), name65.data(),
                    static_cast<int>(name65.size()));
    // Tells the name that its cached encoding is stale.
    X509_NAME_ENTRY* same = X509_NAME_delete_entry(subject, 0);
    X509_NAME_add_entry(subject, same, 0, 0);
    X509_NAME_ENTRY_free(same);
  };
  EXPECT_THAT(ParseRequest(recipe), IsError(Reason::kCsrInvalid, HasSubstr("65 characters")));
}

void AddAttribute(X509_REQ* request, int nid, int type, std::string_view value) {
  X509_REQ_add1_attr_by_NID(request, nid, type,
                            reinterpret_cast<const unsigned char*>(value.data()),
                            static_cast<int>(value.size()));
}

TEST(CsrRequestTest, RefusesOtherAttributes) {
  const auto parse_with = [](const std::function<void(X509_REQ*)>& edit) {
    return ParseRequest({.before_signing = edit});
  };
  EXPECT_THAT(parse_with([](X509_REQ* request) {
                AddAttribute(request, NID_pkcs9_challengePassword, MBSTRING_ASC, "secret");
              }),
              IsError(Reason::kCsrInvalid, HasSubstr("challengePassword")));
  EXPECT_THAT(parse_with([](X509_REQ* request) {
                AddAttribute(request, NID_pkcs9_unstructuredName, MBSTRING_ASC, "name");
              }),
              IsError(Reason::kCsrInvalid, HasSubstr("unstructuredName")));
  // Microsoft's older attribute holds names too, and OpenSSL would read them.
  EXPECT_THAT(parse_with([](X509_REQ* request) {
                STACK_OF(X509_EXTENSION)* list = sk_X509_EXTENSION_new_null();
                X509_REQ_add_extensions_nid(request, list, NID_ms_ext_req);
                sk_X509_EXTENSION_free(list);
              }),
              IsError(Reason::kCsrInvalid, HasSubstr("1.3.6.1.4.1.311.2.1.14")));
}

std::vector<Identifier> Identifiers(const std::vector<std::string>& texts) {
  std::vector<Identifier> names;
  for (const std::string& text : texts) names.push_back(*Identifier::Parse(text));
  return names;
}

TEST(CheckNamesMatchTest, TakesTheSameNamesInAnyOrder) {
  const auto csr = Csr::Parse(forge::MakeCsr(RequestKey(), {"b.example.com", "a.example.com"}));
  ASSERT_THAT(csr, IsOk());
  EXPECT_THAT(CheckNamesMatch(*csr, Identifiers({"a.example.com", "b.example.com"})), IsOk());
  EXPECT_THAT(
      CheckNamesMatch(*csr, Identifiers({"B.example.com", "a.example.com", "b.example.com"})),
      IsOk());
}

TEST(CheckNamesMatchTest, NamesWhatIsMissingAndWhatIsTooMuch) {
  const auto csr = Csr::Parse(forge::MakeCsr(RequestKey(), {"a.example.com", "b.example.com"}));
  ASSERT_THAT(csr, IsOk());

  const auto missing =
      CheckNamesMatch(*csr, Identifiers({"a.example.com", "b.example.com", "c.example.com"}));
  const auto extra = CheckNamesMatch(*csr, Identifiers({"a.example.com"}));
  const auto both = CheckNamesMatch(*csr, Identifiers({"b.example.com", "*.example.com"}));
  const auto none = CheckNamesMatch(*csr, {});

  EXPECT_THAT(missing, IsError(Reason::kCsrNameMismatch, HasSubstr("lacks c.example.com;")));
  EXPECT_THAT(extra, IsError(Reason::kCsrNameMismatch, HasSubstr("besides for b.example.com;")));
  EXPECT_THAT(both, IsError(Reason::kCsrNameMismatch,
                            HasSubstr("lacks *.example.com, and asks besides for a.example.com;")));
  EXPECT_THAT(none, IsError(Reason::kCsrNameMismatch, HasSubstr("a.example.com, b.example.com")));
  EXPECT_THAT(
      both.error().violations(),
      ElementsAre(
          Violation{"*.example.com", Reason::kCsrNameMismatch, "requested, but not in the CSR"},
          Violation{"a.example.com", Reason::kCsrNameMismatch, "in the CSR, but not requested"}));
}

}  // namespace
}  // namespace certbroker::pki
