#include "pki/csr_extensions.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <openssl/obj_mac.h>

#include "pki/der.h"
#include "pki/openssl_handle.h"
#include "pki/requested_name.h"

namespace certbroker::pki {
namespace {

Error Refused(std::string_view why) {
  return Error(Reason::kCsrInvalid, fmt::format("the CSR {}", why));
}

Error Malformed(const char* what) {
  return Refused(fmt::format("holds a {} extension that cannot be decoded", what));
}

// X509V3_EXT_d2i ignores octets behind the value; IsStrictDer does not.
template <class Pointer>
Pointer Decode(X509_EXTENSION* extension) {
  if (!IsStrictDer(OctetsOf(X509_EXTENSION_get_data(extension)))) return nullptr;
  return Pointer(static_cast<typename Pointer::pointer>(X509V3_EXT_d2i(extension)));
}

Result<Identifier> ParseSan(GENERAL_NAME* general_name) {
  // RFC 8738 §4.
  if (general_name->type == GEN_IPADD)
    return Identifier::FromIpOctets(OctetsOf(general_name->d.iPAddress));
  if (general_name->type != GEN_DNS) {
    const std::string shown = Describe(general_name);
    return Error(Reason::kNameInvalid,
                 fmt::format("the CSR's subjectAltName holds \"{}\"; only DNS names and IP "
                             "addresses are issued",
                             shown))
        .With({shown, Reason::kNameInvalid, "only DNS names and IP addresses are issued"});
  }
  const std::string_view text = AsText(OctetsOf(general_name->d.dNSName));
  // The CA reads the CSR as it stands, and in a certificate a DNS name has no trailing dot (RFC
  // 5280 §4.2.1.6). Elsewhere we drop it; here nobody can, the CSR is signed.
  if (text.ends_with('.')) {
    const std::string shown = Printable(text, 300);
    return Error(Reason::kNameInvalid,
                 fmt::format("the CSR's name \"{}\" ends in a dot; make the CSR without it", shown))
        .With({shown, Reason::kNameInvalid, "ends in a dot"});
  }
  ASSIGN_OR_RETURN(Identifier name, ParseRequestedName(text));
  if (name.is_ip()) {
    return Error(Reason::kNameInvalid,
                 fmt::format("the CSR holds the IP address {} as a DNS name; put it there as an "
                             "IP address (subjectAltName=IP:{})",
                             name.ToString(), name.ToString()))
        .With({name.ToString(), Reason::kNameInvalid, "an IP address given as a DNS name"});
  }
  return name;
}

Result<std::vector<Identifier>> ParseSans(X509_EXTENSION* extension) {
  const auto sans = Decode<GeneralNamesPtr>(extension);
  if (!sans) return Malformed("subjectAltName");
  const int count = sk_GENERAL_NAME_num(sans.get());
  if (count < 1) return Refused("has an empty subjectAltName; put the names there");
  if (std::cmp_greater(count, kMaxNames)) {
    return Refused(
        fmt::format("holds {} names; the limit is {}: split it into several "
                    "certificates",
                    count, kMaxNames));
  }
  std::vector<Identifier> names;
  std::optional<Error> failure;  // of all names at once, so that nobody need ask three times
  for (int i = 0; i < count; ++i) {
    auto name = ParseSan(sk_GENERAL_NAME_value(sans.get(), i));
    if (name) {
      names.push_back(*std::move(name));
    } else if (!failure) {
      failure = std::move(name).error();
    } else {
      for (const Violation& violation : name.error().violations()) {
        failure = std::move(*failure).With(violation);
      }
    }
  }
  if (failure) return *std::move(failure);
  return SortedUnique(std::move(names));
}

Result<void> CheckKeyUsage(X509_EXTENSION* extension) {
  const auto usage = Decode<BitStringPtr>(extension);
  if (!usage) return Malformed("keyUsage");
  // RFC 5280 §4.2.1.3, bits 5 to 8: they make a CA, or limit a key that cannot agree on keys.
  constexpr std::array<std::pair<int, std::string_view>, 4> kForbidden{
      {{5, "keyCertSign"}, {6, "cRLSign"}, {7, "encipherOnly"}, {8, "decipherOnly"}}};
  for (const auto& [bit, name] : kForbidden) {
    if (ASN1_BIT_STRING_get_bit(usage.get(), bit) != 0) {
      return Refused(
          fmt::format("asks for the key usage {}, which a server has no use for; "
                      "leave it out",
                      name));
    }
  }
  return {};
}

Result<void> CheckExtendedKeyUsage(X509_EXTENSION* extension) {
  const auto usages = Decode<ExtendedKeyUsagePtr>(extension);
  if (!usages || sk_ASN1_OBJECT_num(usages.get()) < 1) return Malformed("extendedKeyUsage");
  for (int i = 0; i < sk_ASN1_OBJECT_num(usages.get()); ++i) {
    const ASN1_OBJECT* usage = sk_ASN1_OBJECT_value(usages.get(), i);
    if (OBJ_obj2nid(usage) == NID_server_auth) continue;
    return Refused(
        fmt::format("asks for the extended key usage {}; public CAs give serverAuth "
                    "only: leave the other out",
                    NameOf(usage)));
  }
  return {};
}

Result<void> CheckBasicConstraints(X509_EXTENSION* extension) {
  const auto constraints = Decode<BasicConstraintsPtr>(extension);
  if (!constraints) return Malformed("basicConstraints");
  if (constraints->ca != 0) return Refused("asks to become a CA (CA:TRUE); leave that out");
  if (constraints->pathlen != nullptr) return Refused("asks for a path length without being a CA");
  return {};
}

// Everything but the subjectAltName.
Result<void> CheckExtension(X509_EXTENSION* extension) {
  const ASN1_OBJECT* oid = X509_EXTENSION_get_object(extension);
  switch (OBJ_obj2nid(oid)) {
    case NID_key_usage:
      return CheckKeyUsage(extension);
    case NID_ext_key_usage:
      return CheckExtendedKeyUsage(extension);
    case NID_basic_constraints:
      return CheckBasicConstraints(extension);
    case NID_subject_key_identifier:
      if (!Decode<OctetStringPtr>(extension)) return Malformed("subjectKeyIdentifier");
      return {};
    case NID_tlsfeature:
      return Refused(
          "asks for must-staple (TLS feature, RFC 7633), which CAs no longer issue; "
          "leave it out");
    default:
      return Refused(
          fmt::format("asks for the extension {}, which CAs do not take from a CSR; "
                      "leave it out",
                      NameOf(oid)));
  }
}

// The list that the one allowed attribute holds; empty without it.
Result<ExtensionStackPtr> RequestedExtensions(const X509_REQ& request) {
  const int count = X509_REQ_get_attr_count(&request);  // -1 without a list
  for (int i = 0; i < count; ++i) {
    const ASN1_OBJECT* oid = X509_ATTRIBUTE_get0_object(X509_REQ_get_attr(&request, i));
    // Microsoft's older attribute for extensions is among what this refuses: OpenSSL reads names
    // from it, other libraries do not, and we would check others than the CA.
    if (OBJ_obj2nid(oid) != NID_ext_req) {
      return Refused(
          fmt::format("holds the attribute {}; only extensionRequest is accepted: "
                      "make it without",
                      NameOf(oid)));
    }
  }
  if (count <= 0) return ExtensionStackPtr(sk_X509_EXTENSION_new_null());
  X509_ATTRIBUTE* attribute = X509_REQ_get_attr(&request, 0);
  if (count > 1 || X509_ATTRIBUTE_count(attribute) != 1) {
    return Refused("holds more than one list of extensions");
  }
  // The older signature wants a non-const request and only reads.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): see above
  ExtensionStackPtr list(X509_REQ_get_extensions(const_cast<X509_REQ*>(&request)));
  if (!list) return Refused("holds a list of extensions that cannot be decoded");
  return list;
}

}  // namespace

Result<std::vector<Identifier>> RequestedNames(const X509_REQ& request) {
  ASSIGN_OR_RETURN(const ExtensionStackPtr list, RequestedExtensions(request));
  std::vector<int> seen;
  std::vector<Identifier> names;
  for (int i = 0; i < sk_X509_EXTENSION_num(list.get()); ++i) {
    X509_EXTENSION* extension = sk_X509_EXTENSION_value(list.get(), i);
    const ASN1_OBJECT* oid = X509_EXTENSION_get_object(extension);
    const int nid = OBJ_obj2nid(oid);
    // RFC 5280 §4.2: "A certificate MUST NOT include more than one instance of a particular
    // extension."
    if (nid != NID_undef && std::ranges::find(seen, nid) != seen.end()) {
      return Refused(fmt::format("holds the extension {} twice", NameOf(oid)));
    }
    seen.push_back(nid);
    if (nid == NID_subject_alt_name) {
      ASSIGN_OR_RETURN(names, ParseSans(extension));
    } else {
      RETURN_IF_ERROR(CheckExtension(extension));
    }
  }
  if (names.empty()) {
    return Refused(
        "has no subjectAltName; put the names there (openssl req -addext "
        "subjectAltName=DNS:…); the common name alone does not count");
  }
  return names;
}

Result<void> CheckSubject(const X509_REQ& request, const std::vector<Identifier>& names) {
  const X509_NAME* subject = X509_REQ_get_subject_name(&request);
  const int count = X509_NAME_entry_count(subject);
  if (count <= 0) return {};
  for (int i = 0; i < count; ++i) {
    const ASN1_OBJECT* type = X509_NAME_ENTRY_get_object(X509_NAME_get_entry(subject, i));
    if (OBJ_obj2nid(type) != NID_commonName) {
      return Refused(
          fmt::format("has {} in its subject, which a domain-validated certificate "
                      "cannot hold; leave the subject empty",
                      NameOf(type)));
    }
  }
  if (count > 1) return Refused("has more than one common name; leave the subject empty");

  const std::string text = Utf8Of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, 0)));
  constexpr std::size_t kMaxCommonName = 64;
  if (text.size() > kMaxCommonName) {
    return Refused(
        fmt::format("has a common name of {} characters; the limit is {}: leave the "
                    "subject empty",
                    text.size(), kMaxCommonName));
  }
  const auto name = ParseRequestedName(text);
  // F1: an address is nobody's common name.
  if (!name || name->is_ip() || text.ends_with('.') ||
      std::ranges::find(names, *name) == names.end()) {
    return Refused(
        fmt::format("has the common name \"{}\", which is not one of its DNS names; "
                    "leave the subject empty",
                    Printable(text, 100)));
  }
  return {};
}

}  // namespace certbroker::pki
