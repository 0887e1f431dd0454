#include "tests/fakes/scripted_ca/acme_certificate.h"

#include <arpa/inet.h>
#include <strings.h>

#include <array>
#include <memory>

#include <openssl/asn1.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

namespace certbroker::scripted_ca {
namespace {

constexpr const char* kAcmeIdentifier = "1.3.6.1.5.5.7.1.31";

using NamesPtr = std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)>;
using OidPtr = std::unique_ptr<ASN1_OBJECT, decltype(&ASN1_OBJECT_free)>;
using OctetsPtr = std::unique_ptr<ASN1_OCTET_STRING, decltype(&ASN1_OCTET_STRING_free)>;

std::string TextOf(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

std::string OctetsOf(const std::string& address) {
  std::array<char, sizeof(in6_addr)> octets{};
  if (::inet_pton(AF_INET, address.c_str(), octets.data()) == 1) {
    return {octets.data(), sizeof(in_addr)};
  }
  ::inet_pton(AF_INET6, address.c_str(), octets.data());
  return {octets.data(), octets.size()};
}

bool IsName(const GENERAL_NAME& name, const Identifier& identifier) {
  if (identifier.type == "ip") {
    return name.type == GEN_IPADD && TextOf(name.d.iPAddress) == OctetsOf(identifier.value);
  }
  if (name.type != GEN_DNS) return false;
  const std::string text = TextOf(name.d.dNSName);
  return text.size() == identifier.value.size() &&
         ::strcasecmp(text.c_str(), identifier.value.c_str()) == 0;
}

std::optional<std::string> FaultOfNames(const X509& certificate, const Identifier& identifier) {
  const NamesPtr names(static_cast<GENERAL_NAMES*>(
                           X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)),
                       &GENERAL_NAMES_free);
  if (names == nullptr || sk_GENERAL_NAME_num(names.get()) != 1) {
    return "has not exactly one subjectAltName";
  }
  if (!IsName(*sk_GENERAL_NAME_value(names.get(), 0), identifier)) return "is for another name";
  return std::nullopt;
}

std::optional<std::string> FaultOfExtension(const X509& certificate, const Bytes& digest) {
  const OidPtr oid(OBJ_txt2obj(kAcmeIdentifier, 1), &ASN1_OBJECT_free);
  const int index = X509_get_ext_by_OBJ(&certificate, oid.get(), -1);
  if (index < 0) return "has no acmeIdentifier";
  if (X509_get_ext_by_OBJ(&certificate, oid.get(), index) >= 0) return "has two acmeIdentifiers";
  X509_EXTENSION* extension = X509_get_ext(&certificate, index);
  if (X509_EXTENSION_get_critical(extension) == 0)
    return "has an acmeIdentifier that is not critical";
  const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(extension);
  const unsigned char* in = ASN1_STRING_get0_data(value);
  const unsigned char* const end = in + ASN1_STRING_length(value);
  const OctetsPtr octets(d2i_ASN1_OCTET_STRING(nullptr, &in, ASN1_STRING_length(value)),
                         &ASN1_OCTET_STRING_free);
  if (octets == nullptr || in != end) return "has an acmeIdentifier that is no OCTET STRING";
  if (AsText(digest) != TextOf(octets.get())) return "is for another key authorization";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> FaultOf(const X509& certificate, const Identifier& identifier,
                                   const Bytes& digest) {
  if (auto fault = FaultOfNames(certificate, identifier)) return fault;
  return FaultOfExtension(certificate, digest);
}

}  // namespace certbroker::scripted_ca
