#include "pki/alpn_certificate.h"

#include <memory>
#include <utility>

#include <fmt/format.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "core/check.h"
#include "pki/der.h"
#include "pki/digest.h"
#include "pki/openssl_handle.h"

namespace certbroker::pki {
namespace {

using KeyPtr = std::unique_ptr<EVP_PKEY, OpenSslDeleter<EVP_PKEY_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, OpenSslDeleter<X509_EXTENSION_free>>;
using ObjectPtr = std::unique_ptr<ASN1_OBJECT, OpenSslDeleter<ASN1_OBJECT_free>>;

constexpr std::size_t kDigest = 32;
constexpr auto kBackdated = std::chrono::hours(1);
constexpr auto kLifetime = std::chrono::hours(24 * 7);
constexpr const char* kAcmeIdentifier = "1.3.6.1.5.5.7.1.31";  // id-pe-acmeIdentifier
constexpr std::size_t kSerial = 16;

void SetTime(ASN1_TIME* field, Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch());
  CERTBROKER_CHECK(ASN1_TIME_set(field, seconds.count()) != nullptr);
}

// The key is random, so its digest is as good a serial as any.
void SetSerial(X509* x509, const EVP_PKEY* key) {
  unsigned char* spki = nullptr;
  const int size = i2d_PUBKEY(key, &spki);
  CERTBROKER_CHECK(size > 0);
  Bytes digest = Sha256({spki, static_cast<std::size_t>(size)});
  OPENSSL_free(spki);
  digest[0] &= 0x7FU;  // positive
  const BignumPtr number(BN_bin2bn(digest.data(), kSerial, nullptr));
  CERTBROKER_CHECK(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x509)) != nullptr);
}

// A subject that says what it is to whoever comes across it. It proves nothing.
void SetNames(X509* x509) {
  X509_NAME* name = X509_get_subject_name(x509);
  constexpr std::string_view kText = "ACME tls-alpn-01 challenge";
  CERTBROKER_CHECK(X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_ASC,
                                              reinterpret_cast<const unsigned char*>(kText.data()),
                                              static_cast<int>(kText.size()), -1, 0) == 1);
  CERTBROKER_CHECK(X509_set_issuer_name(x509, name) == 1);
}

void AddExtension(X509* x509, const ASN1_OBJECT* type, bool critical, ByteView der) {
  const OctetStringPtr value(ASN1_OCTET_STRING_new());
  CERTBROKER_CHECK(value != nullptr &&
                   ASN1_OCTET_STRING_set(value.get(), der.data(), static_cast<int>(der.size())));
  const ExtensionPtr extension(
      X509_EXTENSION_create_by_OBJ(nullptr, type, critical ? 1 : 0, value.get()));
  CERTBROKER_CHECK(extension != nullptr && X509_add_ext(x509, extension.get(), -1) == 1);
}

// One DER value (X.690 §8.1). A name is at most 253 octets.
Bytes Der(std::uint8_t tag, ByteView content) {
  CERTBROKER_CHECK(content.size() <= 0xFFFF);
  Bytes der{tag};
  if (content.size() > 0xFF) {
    der.insert(der.end(), {0x82, static_cast<std::uint8_t>(content.size() >> 8U)});
  } else if (content.size() >= 0x80) {
    der.push_back(0x81);
  }
  der.push_back(static_cast<std::uint8_t>(content.size() & 0xFFU));
  der.insert(der.end(), content.begin(), content.end());
  return der;
}

// RFC 5280 §4.2.1.6.
Bytes SubjectAltName(const Identifier& name) {
  constexpr std::uint8_t kDnsName = 0x82;
  constexpr std::uint8_t kIpAddress = 0x87;
  const Bytes general_name =
      name.is_ip() ? Der(kIpAddress, name.IpOctets()) : Der(kDnsName, AsBytes(name.ToString()));
  return Der(der_tag::kSequence, general_name);
}

void AddExtensions(X509* x509, const Identifier& name, ByteView digest) {
  AddExtension(x509, OBJ_nid2obj(NID_subject_alt_name), false, SubjectAltName(name));
  // RFC 8737 §3: "MUST be critical", so that nothing else takes this for a certificate.
  const ObjectPtr type(OBJ_txt2obj(kAcmeIdentifier, /*no_name=*/1));
  CERTBROKER_CHECK(type != nullptr);
  AddExtension(x509, type.get(), true, Der(der_tag::kOctetString, digest));
}

std::string CertificatePem(X509* x509) {
  const BioPtr memory(BIO_new(BIO_s_mem()));
  CERTBROKER_CHECK(memory != nullptr && PEM_write_bio_X509(memory.get(), x509) == 1);
  return TextOf(memory.get());
}

Secret KeyPem(const EVP_PKEY* key) {
  // Secure-memory BIOs wipe what was written when they are freed.
  const BioPtr memory(BIO_new(BIO_s_secmem()));
  CERTBROKER_CHECK(
      memory != nullptr &&
      PEM_write_bio_PKCS8PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return Secret(TextOf(memory.get()));
}

// RFC 3596 §2.5: nibbles, the last one first.
std::string Ip6Arpa(const Bytes& octets) {
  std::string text;
  for (auto octet = octets.rbegin(); octet != octets.rend(); ++octet) {
    text += fmt::format("{:x}.{:x}.", *octet & 0x0FU, *octet >> 4U);
  }
  return text + "ip6.arpa";
}

}  // namespace

Result<AlpnCertificate> MakeAlpnCertificate(const Identifier& name, ByteView digest, Time now) {
  CERTBROKER_CHECK(!name.is_wildcard() && digest.size() == kDigest);
  const OpenSslErrorScope errors;
  const KeyPtr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  if (key == nullptr) {
    return Error(Reason::kInternal, fmt::format("no key could be made for the tls-alpn-01 "
                                                "certificate of {} ({})",
                                                name.ToString(), OpenSslErrorScope::LastReason()));
  }
  const X509Ptr x509(X509_new());
  CERTBROKER_CHECK(x509 != nullptr && X509_set_version(x509.get(), X509_VERSION_3) == 1);
  SetSerial(x509.get(), key.get());
  SetNames(x509.get());
  SetTime(X509_getm_notBefore(x509.get()), now - kBackdated);
  SetTime(X509_getm_notAfter(x509.get()), now - kBackdated + kLifetime);
  CERTBROKER_CHECK(X509_set_pubkey(x509.get(), key.get()) == 1);
  AddExtensions(x509.get(), name, digest);
  if (X509_sign(x509.get(), key.get(), EVP_sha256()) == 0) {
    return Error(Reason::kInternal, fmt::format("the tls-alpn-01 certificate of {} could not be "
                                                "signed ({})",
                                                name.ToString(), OpenSslErrorScope::LastReason()));
  }
  return AlpnCertificate{CertificatePem(x509.get()), KeyPem(key.get())};
}

std::string AlpnServerName(const Identifier& name) {
  if (!name.is_ip()) return name.ToString();
  const Bytes octets = name.IpOctets();
  if (octets.size() != 4) return Ip6Arpa(octets);
  return fmt::format("{}.{}.{}.{}.in-addr.arpa", octets[3], octets[2], octets[1], octets[0]);
}

}  // namespace certbroker::pki
