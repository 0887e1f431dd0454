#include "tests/fakes/scripted_ca/csr.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace certbroker::scripted_ca {
namespace {

constexpr int kLeastRsaBits = 2048;

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

bool ReadExtensions(X509_REQ* request, Csr& csr) {
  STACK_OF(X509_EXTENSION)* extensions = X509_REQ_get_extensions(request);
  auto* names = static_cast<GENERAL_NAMES*>(
      X509V3_get_d2i(extensions, NID_subject_alt_name, nullptr, nullptr));
  const bool readable = ReadAlternativeNames(names, csr.identifiers);
  csr.must_staple = X509v3_get_ext_by_NID(extensions, NID_tlsfeature, -1) >= 0;
  GENERAL_NAMES_free(names);
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  return readable;
}

void ReadCommonName(X509_REQ* request, Csr& csr) {
  const X509_NAME* subject = X509_REQ_get_subject_name(request);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return;
  const std::string name = Text(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  const std::string ip = CanonicalIp(name);
  csr.identifiers.push_back(ip.empty() ? Dns(name) : Identifier{"ip", ip});
}

bool TakesKey(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "RSA") == 1) return EVP_PKEY_get_bits(key) >= kLeastRsaBits;
  const int bits = EVP_PKEY_get_bits(key);
  return EVP_PKEY_is_a(key, "EC") == 1 && (bits == 256 || bits == 384);
}

}  // namespace

Outcome<Csr> ParseCsr(ByteView der) {
  const unsigned char* in = der.data();
  const std::unique_ptr<X509_REQ, decltype(&X509_REQ_free)> request(
      d2i_X509_REQ(nullptr, &in, static_cast<long>(der.size())), &X509_REQ_free);
  if (request == nullptr || in != der.data() + der.size()) return Bad("the CSR is not DER");
  Csr csr;
  csr.key.reset(X509_REQ_get_pubkey(request.get()), &EVP_PKEY_free);
  if (csr.key == nullptr || !TakesKey(csr.key.get())) return Bad("the CSR's key is not acceptable");
  if (X509_REQ_verify(request.get(), csr.key.get()) != 1) {
    return Bad("the CSR's signature does not verify");
  }
  if (!ReadExtensions(request.get(), csr)) return Bad("the CSR has names besides DNS and IP");
  ReadCommonName(request.get(), csr);
  std::sort(csr.identifiers.begin(), csr.identifiers.end());
  csr.identifiers.erase(std::unique(csr.identifiers.begin(), csr.identifiers.end()),
                        csr.identifiers.end());
  return csr;
}

}  // namespace certbroker::scripted_ca
