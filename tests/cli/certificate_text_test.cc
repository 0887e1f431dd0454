#include "cli/certificate_text.h"

#include "tests/cli/messages.h"

namespace certbroker::cli {
namespace {

using ::testing::HasSubstr;

v1::Certificate Renewed() {
  return Parsed<v1::Certificate>(R"(
    name: "certificates/0190-2" agent: "spiffe://example.org/agent/web-01" issuer: "issuers/le"
    identifiers: "a.test" state: ACTIVE latest_order: "orders/0190-5"
    create_time { seconds: 1790000000 }
    current { serial: "0a" issuer_name: "CN=Test" sha256: "\001\002" spki_sha256: "\377"
      not_before_time { seconds: 1795242600 } not_after_time { seconds: 1803018600 }
      order: "orders/0190-5" chain_pem: "-----BEGIN CERTIFICATE-----" }
    previous { serial: "09" not_before_time { seconds: 1790000000 }
      not_after_time { seconds: 1797776000 } order: "orders/0190-1"
      revocation { state: REVOKED } })");
}

TEST(CertificateTextTest, ShowsEverythingButTheChain) {
  EXPECT_EQ(
      CertificateText(Renewed(), kNow),
      "Certificate   certificates/0190-2\n"
      "State         ACTIVE\n"
      "Names         a.test\n"
      "Agent         spiffe://example.org/agent/web-01\n"
      "Issuer        issuers/le\n"
      "Latest order  orders/0190-5\n"
      "Created       2026-09-21T14:13:20Z (60 d ago)\n"
      "\n"
      "Current version\n"
      "Serial       0a\n"
      "Issued by    CN=Test\n"
      "Not before   2026-11-21T06:30:00Z (1 h ago)\n"
      "Not after    2027-02-19T06:30:00Z (in 89 d)\n"
      "SHA-256      0102\n"
      "Key SHA-256  ff\n"
      "Order        orders/0190-5\n"
      "\n"
      "Previous versions\n"
      "SERIAL  NOT BEFORE                       NOT AFTER                       ORDER   "
      "REVOCATION\n"
      "09      2026-09-21T14:13:20Z (60 d ago)  2026-12-20T14:13:20Z (in 29 d)  0190-1  REVOKED\n");
}

TEST(CertificateTextTest, TellsWhoRevokedWhyAndWhen) {
  v1::Certificate certificate = Renewed();
  *certificate.mutable_current()->mutable_revocation() = Parsed<v1::Revocation>(R"(
    state: REVOKE_REQUESTED reason_code: 4 requested_by: "operator:local"
    request_time { seconds: 1795246197 } error { code: 14 message: "CA away" })");
  const std::string text = CertificateText(certificate, kNow);
  EXPECT_THAT(text, HasSubstr("Revocation    REVOKE_REQUESTED, superseded\n"));
  EXPECT_THAT(text, HasSubstr("Asked for by  operator:local\n"));
  EXPECT_THAT(text, HasSubstr("Asked for     2026-11-21T07:29:57Z (3 s ago)\n"));
  EXPECT_THAT(text, HasSubstr("CA away"));
}

TEST(CertificateTextTest, ShowsACertificateThatWasNotIssuedYet) {
  const auto pending = Parsed<v1::Certificate>(R"(
    name: "certificates/0190-9" identifiers: "a.test" state: PENDING latest_order: "orders/0190-8"
    create_time { seconds: 1795246200 })");
  EXPECT_EQ(CertificateText(pending, kNow),
            "Certificate   certificates/0190-9\n"
            "State         PENDING\n"
            "Names         a.test\n"
            "Latest order  orders/0190-8\n"
            "Created       2026-11-21T07:30:00Z (now)\n");
}

TEST(CertificateTextTest, ListsCertificatesWithTheirEnd) {
  v1::ListCertificatesResponse list;
  *list.add_certificates() = Renewed();
  EXPECT_EQ(CertificatesText(list, kNow),
            "CERTIFICATE  STATE   NAMES   AGENT                              NOT AFTER"
            "                       SERIAL\n"
            "0190-2       ACTIVE  a.test  spiffe://example.org/agent/web-01  "
            "2027-02-19T06:30:00Z (in 89 d)  0a\n");
  EXPECT_EQ(CertificatesText({}, kNow), "No certificates.\n");
}

TEST(CertificateTextTest, LetsNothingFromOutsideReachTheTerminalAsControl) {
  v1::Certificate certificate = Renewed();
  certificate.mutable_current()->set_subject("CN=\x1b[2J");
  certificate.mutable_previous(0)->set_serial("\x1b[1m");
  certificate.set_identifiers(0, "\r");
  v1::ListCertificatesResponse list;
  *list.add_certificates() = certificate;
  for (const std::string& text :
       {CertificateText(certificate, kNow), CertificatesText(list, kNow)}) {
    EXPECT_EQ(text.find_first_of("\x1b\r"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace certbroker::cli
