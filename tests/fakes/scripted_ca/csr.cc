#include "tests/fakes/scripted_ca/csr.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "tests/fakes/scripted_ca/der_reader.h"
#include "tests/fakes/scripted_ca/jwk.h"

namespace certbroker::scripted_ca {
namespace {

constexpr int kLeastCertificateKeyBits = 2048;

Problem Bad(std::string detail) { return {400, "badCSR", std::move(detail)}; }

std::string Text(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

Identifier Dns(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return {"dns", std::move(name)};
}

// Nothing for an address of neither length.
std::string IpText(const ASN1_OCTET_STRING* octets) {
  const int length = ASN1_STRING_length(octets);
  if (length != 4 && length != 16) return {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(length == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(octets), text.data(),
              text.size());
  return text.data();
}

// False when there is a name of a kind that no identifier is.
bool ReadAlternativeNames(const GENERAL_NAMES* names, std::vector<Identifier>& out) {
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type == GEN_DNS) {
      out.push_back(Dns(Text(name->d.dNSName)));
    } else if (name->type == GEN_IPADD) {
      out.push_back({"ip", IpText(name->d.iPAddress)});
    } else {
      return false;
    }
  }
  return true;
}

// The element as OpenSSL's own type; nullptr when it is not one.
template <class T>
std::unique_ptr<T, void (*)(T*)> Decoded(ByteView der,
                                         T* (*decode)(T**, const unsigned char**, long),
                                         void (*release)(T*)) {
  const unsigned char* in = der.data();
  return {decode(nullptr, &in, static_cast<long>(der.size())), release};
}

// PKCS #10: SET OF Attribute, one of which may hold the extensions.
bool ReadAttributes(ByteView octets, Csr& csr) {
  DerReader reader(octets);
  while (!reader.empty()) {
    const auto element = reader.Next(V_ASN1_SEQUENCE);
    if (!element) return false;
    const auto attribute = Decoded(element->whole, &d2i_X509_ATTRIBUTE, &X509_ATTRIBUTE_free);
    if (attribute == nullptr) return false;
    if (OBJ_obj2nid(X509_ATTRIBUTE_get0_object(attribute.get())) != NID_ext_req) continue;
    const ASN1_TYPE* value = X509_ATTRIBUTE_get0_type(attribute.get(), 0);
    if (value == nullptr || value->type != V_ASN1_SEQUENCE) return false;
    const unsigned char* in = ASN1_STRING_get0_data(value->value.sequence);
    X509_EXTENSIONS* extensions =
        d2i_X509_EXTENSIONS(nullptr, &in, ASN1_STRING_length(value->value.sequence));
    auto* names = static_cast<GENERAL_NAMES*>(
        X509V3_get_d2i(extensions, NID_subject_alt_name, nullptr, nullptr));
    const bool readable = ReadAlternativeNames(names, csr.identifiers);
    csr.must_staple = X509v3_get_ext_by_NID(extensions, NID_tlsfeature, -1) >= 0;
    GENERAL_NAMES_free(names);
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    if (!readable) return false;
  }
  return true;
}

bool ReadSubject(ByteView der, Csr& csr) {
  const auto subject = Decoded(der, &d2i_X509_NAME, &X509_NAME_free);
  if (subject == nullptr) return false;
  const int at = X509_NAME_get_index_by_NID(subject.get(), NID_commonName, -1);
  if (at < 0) return true;
  const std::string name = Text(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject.get(), at)));
  const std::string ip = CanonicalIp(name);
  csr.identifiers.push_back(ip.empty() ? Dns(name) : Identifier{"ip", ip});
  return true;
}

// The point and the curve of an EC key in a SubjectPublicKeyInfo; nullptr: another kind of key.
std::shared_ptr<EVP_PKEY> ReadEcKey(const DerElement& info) {
  DerReader reader(info.content);
  const auto algorithm = reader.Next(V_ASN1_SEQUENCE);
  const auto bits = reader.Next(V_ASN1_BIT_STRING);
  if (!algorithm || !bits || bits->content.empty()) return nullptr;
  DerReader parameters(algorithm->content);
  const auto type = parameters.Next(V_ASN1_OBJECT);
  const auto curve = parameters.Next(V_ASN1_OBJECT);
  if (!type || !curve) return nullptr;
  const auto name = Decoded(curve->whole, &d2i_ASN1_OBJECT, &ASN1_OBJECT_free);
  const int nid = name == nullptr ? NID_undef : OBJ_obj2nid(name.get());
  if (nid != NID_X9_62_prime256v1 && nid != NID_secp384r1) return nullptr;
  // The first octet of a BIT STRING counts unused bits.
  return MakeEcKey(nid == NID_secp384r1 ? "P-384" : "P-256", bits->content.subspan(1));
}

std::shared_ptr<EVP_PKEY> ReadKey(const DerElement& info) {
  if (auto key = ReadEcKey(info)) return key;
  const unsigned char* in = info.whole.data();
  return {d2i_PUBKEY(nullptr, &in, static_cast<long>(info.whole.size())), &EVP_PKEY_free};
}

bool VerifyRequest(const DerElement& signed_part, const DerElement& algorithm,
                   const DerElement& signature, EVP_PKEY* key) {
  const auto parsed = Decoded(algorithm.whole, &d2i_X509_ALGOR, &X509_ALGOR_free);
  int digest = NID_undef;
  if (parsed == nullptr || signature.content.empty() ||
      OBJ_find_sigid_algs(OBJ_obj2nid(parsed->algorithm), &digest, nullptr) != 1) {
    return false;
  }
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  const ByteView octets = signature.content.subspan(1);
  return EVP_DigestVerifyInit(context.get(), nullptr, EVP_get_digestbynid(digest), nullptr, key) ==
             1 &&
         EVP_DigestVerify(context.get(), octets.data(), octets.size(), signed_part.whole.data(),
                          signed_part.whole.size()) == 1;
}

// CertificationRequestInfo, RFC 2986 §4.1; its key comes back in `csr`.
bool ReadInfo(const DerElement& info, Csr& csr) {
  DerReader reader(info.content);
  const auto version = reader.Next(V_ASN1_INTEGER);
  const auto subject = reader.Next(V_ASN1_SEQUENCE);
  const auto key_info = reader.Next(V_ASN1_SEQUENCE);
  const auto attributes = reader.Next();
  if (!version || !subject || !key_info || !attributes || !attributes->context || !reader.empty()) {
    return false;
  }
  csr.key = ReadKey(*key_info);
  csr.key_info = ToBytes(key_info->whole);
  return ReadSubject(subject->whole, csr) && ReadAttributes(attributes->content, csr);
}

bool TakesKey(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "RSA") == 1) return EVP_PKEY_get_bits(key) >= kLeastCertificateKeyBits;
  const int bits = EVP_PKEY_get_bits(key);
  return EVP_PKEY_is_a(key, "EC") == 1 && (bits == 256 || bits == 384);
}

}  // namespace

Outcome<Csr> ParseCsr(ByteView der) {
  DerReader file(der);
  const auto request = file.Next(V_ASN1_SEQUENCE);
  DerReader parts(request ? request->content : ByteView());
  const auto info = parts.Next(V_ASN1_SEQUENCE);
  const auto algorithm = parts.Next(V_ASN1_SEQUENCE);
  const auto signature = parts.Next(V_ASN1_BIT_STRING);
  if (!info || !algorithm || !signature || !parts.empty() || !file.empty()) {
    return Bad("the CSR is not DER");
  }
  Csr csr;
  if (!ReadInfo(*info, csr)) return Bad("the CSR is malformed, or has names besides DNS and IP");
  if (csr.key == nullptr || !TakesKey(csr.key.get())) return Bad("the CSR's key is not acceptable");
  if (!VerifyRequest(*info, *algorithm, *signature, csr.key.get())) {
    return Bad("the CSR's signature does not verify");
  }
  std::sort(csr.identifiers.begin(), csr.identifiers.end());
  csr.identifiers.erase(std::unique(csr.identifiers.begin(), csr.identifiers.end()),
                        csr.identifiers.end());
  return csr;
}

}  // namespace certbroker::scripted_ca
