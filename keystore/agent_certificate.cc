#include "keystore/agent_certificate.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "core/check.h"
#include "keystore/certified_key.h"
#include "keystore/x509_fields.h"

namespace certbroker::keystore {
namespace {

using CertificatePtr = std::shared_ptr<X509>;

constexpr std::string_view kScheme = "spiffe://";
constexpr std::size_t kLongestDomain = 255;  // SPIFFE-ID §2.3
constexpr std::size_t kLongestUri = 2048;    // SPIFFE-ID §2.3
constexpr std::size_t kCaSerialOctets = 16;
constexpr std::size_t kAgentRandomOctets = 8;

Error NotMade(std::string_view why) {
  return Error(Reason::kInvalidArgument, fmt::format("no certificate was made: {}", why));
}

// SPIFFE-ID §2.1.
bool IsDomainText(std::string_view text) {
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-_") == text.npos;
}

// SPIFFE-ID §2.2: one or more segments, each behind its slash.
bool IsPath(std::string_view text) {
  if (text.empty()) return false;
  while (!text.empty()) {
    if (text.front() != '/') return false;
    text.remove_prefix(1);
    const std::string_view segment = text.substr(0, text.find('/'));
    if (segment.empty() || segment == "." || segment == "..") return false;
    if (segment.find_first_not_of(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") != segment.npos) {
      return false;
    }
    text.remove_prefix(segment.size());
  }
  return true;
}

CertificatePtr Blank() {
  CertificatePtr certificate(X509_new(), X509_free);
  CERTBROKER_CHECK(certificate != nullptr &&
                   X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  return certificate;
}

Result<void> CheckCaProfile(const AgentCaProfile& profile) {
  if (profile.trust_domain.empty() || profile.trust_domain.size() > kLongestDomain ||
      !IsDomainText(profile.trust_domain)) {
    return NotMade(
        fmt::format("\"{}\" is no trust domain; name one such as example.org, of a-z, "
                    "0-9, '.', '-' and '_'",
                    Printable(profile.trust_domain, 260)));
  }
  if (profile.serial_random.size() != kCaSerialOctets ||
      std::ranges::all_of(profile.serial_random, [](std::uint8_t octet) { return octet == 0; })) {
    return NotMade("its serial number takes 16 random octets");
  }
  return {};
}

// The CA's one URI name; empty when it has another set of names.
std::string UriOf(const X509* ca) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(ca, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free);
  if (sk_GENERAL_NAME_num(names.get()) != 1) return {};
  const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), 0);
  if (name->type != GEN_URI) return {};
  const ASN1_IA5STRING* uri = name->d.uniformResourceIdentifier;
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
          static_cast<std::size_t>(ASN1_STRING_length(uri))};
}

// This key signs itself no other certificate than its CA's, so what verifies and is a CA's is one.
Result<CertificatePtr> ReadCa(ByteView der, const PublicKey& key) {
  const unsigned char* at = der.data();
  const CertificatePtr ca(d2i_X509(nullptr, &at, static_cast<long>(der.size())), X509_free);
  const bool whole = ca != nullptr && at == der.data() + der.size();
  const bool has_key = whole && X509_get0_pubkey(ca.get()) != nullptr &&
                       EVP_PKEY_eq(X509_get0_pubkey(ca.get()), key.openssl()) == 1;
  const bool verifies = has_key && X509_verify(ca.get(), key.openssl()) == 1;
  ERR_clear_error();
  if (!whole) return NotMade("what was given as the CA's certificate cannot be read");
  if (!has_key) return NotMade("the CA's certificate is for another key than the token's");
  if (!verifies || X509_check_ca(ca.get()) != 1 || X509_get0_subject_key_id(ca.get()) == nullptr ||
      UriOf(ca.get()).empty()) {
    return NotMade("the CA's certificate is not as it was signed with this key");
  }
  return ca;
}

Result<void> CheckAgent(std::string_view agent, std::string_view ca_uri) {
  const std::string_view path = agent.substr(std::min(ca_uri.size(), agent.size()));
  if (agent.size() <= kLongestUri && agent.starts_with(ca_uri) && IsPath(path)) return {};
  return NotMade(
      fmt::format("\"{}\" is no agent of {}; its CA certifies those alone, by names such "
                  "as {}/agent/web-01",
                  Printable(agent, 260), Printable(ca_uri, 270), Printable(ca_uri, 270)));
}

// Eight octets of the number, big-endian, and the random ones: read back by
// pki::IdentityNumberOf.
Result<Bytes> AgentSerial(const AgentCertificateProfile& profile) {
  if (profile.number < 1) return NotMade("identities are numbered from 1");
  if (profile.serial_random.size() != kAgentRandomOctets) {
    return NotMade("its serial number takes 8 random octets beside the identity's number");
  }
  Bytes serial;
  for (unsigned shift = 64; shift > 0; shift -= 8) {
    serial.push_back(
        static_cast<std::uint8_t>(static_cast<std::uint64_t>(profile.number) >> (shift - 8)));
  }
  serial.insert(serial.end(), profile.serial_random.begin(), profile.serial_random.end());
  return serial;
}

Result<void> CheckEnds(const X509* ca, const X509* agent) {
  const ASN1_TIME* end = X509_get0_notAfter(ca);
  if (ASN1_TIME_compare(X509_get0_notAfter(agent), end) <= 0) return {};
  return NotMade(
      "it would be valid for longer than its CA; shorten it, or put the next agent CA "
      "to use");
}

std::string_view LastSegment(std::string_view uri) { return uri.substr(uri.rfind('/') + 1); }

}  // namespace

Result<UnsignedCertificate> MakeCaCertificate(const AgentCaProfile& profile, const PublicKey& key) {
  RETURN_IF_ERROR(CheckCaProfile(profile));
  CertificatePtr ca = Blank();
  SetSerial(*ca, profile.serial_random);
  RETURN_IF_ERROR(SetValidity(*ca, profile.not_before, profile.not_after));
  X509_NAME* const subject = X509_get_subject_name(ca.get());
  AddToName(*subject, NID_organizationName, profile.trust_domain);
  AddToName(*subject, NID_commonName, "certbroker agent CA");
  CERTBROKER_CHECK(X509_set_issuer_name(ca.get(), subject) == 1 &&
                   X509_set_pubkey(ca.get(), key.openssl()) == 1);
  AddBasicConstraints(*ca, /*ca=*/true);
  AddKeyUsage(*ca, {KeyUsageBit::kKeyCertSign, KeyUsageBit::kCrlSign});
  AddUriName(*ca, std::string(kScheme) + profile.trust_domain);
  AddSubjectKeyId(*ca);
  return UnsignedCertificate(std::move(ca), key);
}

Result<UnsignedCertificate> MakeAgentCertificate(ByteView ca_der,
                                                 const AgentCertificateProfile& profile,
                                                 const PublicKey& ca_key) {
  const std::string& uri = profile.agent.ToString();
  ASSIGN_OR_RETURN(const CertificatePtr ca, ReadCa(ca_der, ca_key));
  RETURN_IF_ERROR(CheckAgent(uri, UriOf(ca.get())));
  ASSIGN_OR_RETURN(const Bytes serial, AgentSerial(profile));
  ASSIGN_OR_RETURN(const auto agent_key, ReadCertifiedKey(profile.spki));
  CertificatePtr agent = Blank();
  SetSerial(*agent, serial);
  RETURN_IF_ERROR(SetValidity(*agent, profile.not_before, profile.not_after));
  RETURN_IF_ERROR(CheckEnds(ca.get(), agent.get()));
  AddToName(*X509_get_subject_name(agent.get()), NID_commonName, LastSegment(uri));
  CERTBROKER_CHECK(X509_set_issuer_name(agent.get(), X509_get_subject_name(ca.get())) == 1 &&
                   X509_set_pubkey(agent.get(), agent_key.get()) == 1);
  AddBasicConstraints(*agent, /*ca=*/false);
  AddKeyUsage(*agent, {KeyUsageBit::kDigitalSignature});
  AddClientAuth(*agent);
  AddUriName(*agent, uri);
  AddSubjectKeyId(*agent);
  AddAuthorityKeyId(*agent, *X509_get0_subject_key_id(ca.get()));
  return UnsignedCertificate(std::move(agent), ca_key);
}

}  // namespace certbroker::keystore
