#include "pki/certificate.h"

#include <arpa/inet.h>

#include <array>
#include <ctime>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <openssl/pem.h>

#include "core/check.h"
#include "pki/der.h"
#include "pki/digest.h"
#include "pki/openssl_handle.h"

namespace certbroker::pki {
namespace {

Error Unreadable(std::string_view what) {
  return Error(Reason::kInvalidArgument, fmt::format("not a readable X.509 certificate: {}", what));
}

struct RawFields {
  ByteView serial;  // content of the INTEGER
  ByteView spki;
};

// TBSCertificate ::= SEQUENCE { [0] version?, serialNumber, signature, issuer, validity, subject,
//                               subjectPublicKeyInfo, … }
std::optional<RawFields> CutCertificate(ByteView der) {
  const auto certificate = DerReader(der).Next(der_tag::kSequence);
  if (!certificate) return std::nullopt;
  const auto tbs = DerReader(certificate->content).Next(der_tag::kSequence);
  if (!tbs) return std::nullopt;
  DerReader reader(tbs->content);
  reader.Next(der_tag::kContext0);
  const auto serial = reader.Next(der_tag::kInteger);
  for (int i = 0; i < 4; ++i) reader.Next(der_tag::kSequence);
  const auto spki = reader.Next(der_tag::kSequence);
  if (!serial || !spki) return std::nullopt;
  return RawFields{serial->content, spki->whole};
}

std::optional<Time> TimeOf(const ASN1_TIME* text) {
  std::tm tm{};
  if (text == nullptr || ASN1_TIME_to_tm(text, &tm) != 1) return std::nullopt;
  const auto day = std::chrono::year(tm.tm_year + 1900) / (tm.tm_mon + 1) / tm.tm_mday;
  return Time(std::chrono::sys_days(day)) + std::chrono::hours(tm.tm_hour) +
         std::chrono::minutes(tm.tm_min) + std::chrono::seconds(tm.tm_sec);
}

std::vector<std::string> CommonNames(const X509_NAME* subject) {
  std::vector<std::string> names;
  for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;) {
    names.push_back(Utf8Of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
  }
  return names;
}

// Empty if it is none.
std::string AddressOf(const GENERAL_NAME* name) {
  if (name->type != GEN_IPADD) return {};
  const ByteView octets = OctetsOf(name->d.iPAddress);
  if (octets.size() != sizeof(in_addr) && octets.size() != sizeof(in6_addr)) return {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(octets.size() == sizeof(in_addr) ? AF_INET : AF_INET6, octets.data(), text.data(),
            text.size());
  return text.data();
}

}  // namespace

// Fills the fields that only OpenSSL's decoded form shows.
class CertificateReader {
 public:
  static Result<Certificate> Read(ByteView der) {
    const X509Ptr x509 = DecodeX509(der);
    const auto raw = CutCertificate(der);
    if (!x509 || !raw) return Unreadable("it does not decode, or something stands behind it");
    Certificate::Fields fields;
    fields.der = ToBytes(der);
    fields.sha256 = Sha256(der);
    fields.spki_sha256 = Sha256(raw->spki);
    fields.serial = Hex(raw->serial);
    if (const ASN1_OCTET_STRING* id = X509_get0_authority_key_id(x509.get()); id != nullptr) {
      fields.authority_key_id = ToBytes(OctetsOf(id));
    }
    const X509_NAME* subject = X509_get_subject_name(x509.get());
    fields.subject = NameText(subject);
    fields.issuer = NameText(X509_get_issuer_name(x509.get()));
    fields.common_names = CommonNames(subject);
    const auto not_before = TimeOf(X509_get0_notBefore(x509.get()));
    const auto not_after = TimeOf(X509_get0_notAfter(x509.get()));
    if (!not_before || !not_after) return Unreadable("its validity is no time");
    fields.not_before = *not_before;
    fields.not_after = *not_after;
    RETURN_IF_ERROR(ReadNames(x509.get(), fields));
    RETURN_IF_ERROR(ReadUsage(x509.get(), fields));
    return Certificate(std::move(fields));
  }

 private:
  static Result<void> ReadNames(const X509* x509, Certificate::Fields& fields) {
    int critical = 0;
    const GeneralNamesPtr names(static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(x509, NID_subject_alt_name, &critical, nullptr)));
    constexpr int kAbsent =
        -1;  // other values beside a null pointer: there twice, or not decodable
    if (!names && critical != kAbsent) return Unreadable("its subjectAltName is malformed");
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
      GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
      if (name->type == GEN_DNS) {
        fields.dns_names.emplace_back(AsText(OctetsOf(name->d.dNSName)));
      } else if (name->type == GEN_URI) {
        fields.uri_names.emplace_back(AsText(OctetsOf(name->d.uniformResourceIdentifier)));
      } else if (const std::string address = AddressOf(name); !address.empty()) {
        fields.ip_names.push_back(address);
      } else {
        fields.other_names.push_back(Describe(name));
      }
    }
    return {};
  }

  static Result<void> ReadUsage(X509* x509, Certificate::Fields& fields) {
    const std::uint32_t flags = X509_get_extension_flags(x509);
    if ((flags & EXFLAG_INVALID) != 0) return Unreadable("one of its extensions is malformed");
    fields.is_ca = (flags & EXFLAG_CA) != 0;
    fields.has_eku = (flags & EXFLAG_XKUSAGE) != 0;
    if (!fields.has_eku) return {};
    const std::uint32_t usage = X509_get_extended_key_usage(x509);
    fields.has_eku_server_auth = (usage & XKU_SSL_SERVER) != 0;
    fields.has_eku_client_auth = (usage & XKU_SSL_CLIENT) != 0;
    return {};
  }
};

Result<Certificate> Certificate::Parse(ByteView der) {
  const OpenSslErrorScope errors;
  return CertificateReader::Read(der);
}

std::string Certificate::ToPem() const {
  const BioPtr memory(BIO_new(BIO_s_mem()));
  CERTBROKER_CHECK(memory != nullptr);
  CERTBROKER_CHECK(PEM_write_bio(memory.get(), PEM_STRING_X509, "", der().data(),
                                 static_cast<long>(der().size())) > 0);
  return TextOf(memory.get());
}

}  // namespace certbroker::pki
