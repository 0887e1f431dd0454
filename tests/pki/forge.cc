#include "tests/pki/forge.h"

#include <fstream>
#include <iostream>
#include <iterator>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "core/check.h"

namespace certbroker::forge {
namespace {

template <class T>
Bytes Encode(int (*encode)(const T*, unsigned char**), const T* object) {
  unsigned char* der = nullptr;
  const int size = encode(object, &der);
  CERTBROKER_CHECK(size > 0);
  Bytes bytes(der, der + size);
  OPENSSL_free(der);
  return bytes;
}

void FillName(X509_NAME* name, const NameParts& parts) {
  for (const auto& [type, value] : parts) {
    CERTBROKER_CHECK(
        X509_NAME_add_entry_by_txt(name, type.c_str(), MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(value.data()),
                                   static_cast<int>(value.size()), /*loc=*/-1, /*set=*/0) == 1);
  }
}

X509_EXTENSION* MakeExtension(const Extension& extension) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, nullptr, nullptr, nullptr, nullptr, 0);
  X509_EXTENSION* made =
      X509V3_EXT_conf(nullptr, &context, extension.name.c_str(), extension.value.c_str());
  if (made == nullptr) std::cerr << extension.name << " = " << extension.value << "?\n";
  CERTBROKER_CHECK(made != nullptr);
  return made;
}

void SetTime(ASN1_TIME* to, Time from) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(from).time_since_epoch();
  CERTBROKER_CHECK(ASN1_TIME_set(to, seconds.count()) != nullptr);
}

}  // namespace

Key Key::Ec(const char* curve) { return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve)); }
Key Key::Rsa(unsigned bits) { return Key(EVP_RSA_gen(bits)); }
Bytes Key::SpkiDer() const { return Encode<EVP_PKEY>(i2d_PUBKEY, get()); }

Bytes MakeCsr(const Key& key, const CsrRecipe& recipe) {
  const std::unique_ptr<X509_REQ, decltype(&X509_REQ_free)> request(X509_REQ_new(), X509_REQ_free);
  CERTBROKER_CHECK(X509_REQ_set_version(request.get(), 0) == 1);
  CERTBROKER_CHECK(X509_REQ_set_pubkey(request.get(), key.get()) == 1);
  FillName(X509_REQ_get_subject_name(request.get()), recipe.subject);
  if (!recipe.extensions.empty()) {
    STACK_OF(X509_EXTENSION)* list = sk_X509_EXTENSION_new_null();
    for (const Extension& extension : recipe.extensions) {
      sk_X509_EXTENSION_push(list, MakeExtension(extension));
    }
    CERTBROKER_CHECK(X509_REQ_add_extensions(request.get(), list) == 1);
    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
  }
  if (recipe.before_signing) recipe.before_signing(request.get());
  CERTBROKER_CHECK(X509_REQ_sign(request.get(), key.get(), recipe.digest) > 0);
  return Encode<X509_REQ>(i2d_X509_REQ, request.get());
}

Bytes MakeCsr(const Key& key, const std::vector<std::string>& names) {
  std::string value;
  for (const std::string& name : names) value += (value.empty() ? "DNS:" : ",DNS:") + name;
  return MakeCsr(key, CsrRecipe{.extensions = {{"subjectAltName", value}}});
}

Bytes MakeCertificate(const CertificateRecipe& recipe, const Key& subject, const Key& signer) {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
  CERTBROKER_CHECK(X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  BIGNUM* serial = nullptr;
  CERTBROKER_CHECK(BN_hex2bn(&serial, recipe.serial_hex.c_str()) > 0);
  BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate.get()));
  BN_free(serial);
  FillName(X509_get_subject_name(certificate.get()), recipe.subject);
  FillName(X509_get_issuer_name(certificate.get()), recipe.issuer);
  SetTime(X509_getm_notBefore(certificate.get()), recipe.not_before);
  SetTime(X509_getm_notAfter(certificate.get()), recipe.not_after);
  CERTBROKER_CHECK(X509_set_pubkey(certificate.get(), subject.get()) == 1);
  for (const Extension& extension : recipe.extensions) {
    X509_EXTENSION* made = MakeExtension(extension);
    CERTBROKER_CHECK(X509_add_ext(certificate.get(), made, -1) == 1);
    X509_EXTENSION_free(made);
  }
  CERTBROKER_CHECK(X509_sign(certificate.get(), signer.get(), recipe.digest) > 0);
  return Encode<X509>(i2d_X509, certificate.get());
}

std::vector<Extension> CaExtensions() {
  return {{"basicConstraints", "critical,CA:TRUE"}, {"keyUsage", "critical,keyCertSign,cRLSign"}};
}

Bytes Der(std::uint8_t tag, const std::vector<Bytes>& contents) {
  Bytes content;
  for (const Bytes& part : contents) content.insert(content.end(), part.begin(), part.end());
  Bytes der{tag};
  if (content.size() < 0x80) {
    der.push_back(static_cast<std::uint8_t>(content.size()));
  } else {
    Bytes length;
    for (std::size_t rest = content.size(); rest > 0; rest >>= 8U) {
      length.insert(length.begin(), static_cast<std::uint8_t>(rest & 0xFFU));
    }
    der.push_back(static_cast<std::uint8_t>(0x80U | length.size()));
    der.insert(der.end(), length.begin(), length.end());
  }
  der.insert(der.end(), content.begin(), content.end());
  return der;
}

std::string Pem(std::string_view label, ByteView der) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> memory(BIO_new(BIO_s_mem()), BIO_free_all);
  PEM_write_bio(memory.get(), std::string(label).c_str(), "", der.data(),
                static_cast<long>(der.size()));
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string ReadTestdata(std::string_view path) {
  std::ifstream file(std::string(CERTBROKER_TESTDATA "/").append(path), std::ios::binary);
  CERTBROKER_CHECK(file.is_open());
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace certbroker::forge
