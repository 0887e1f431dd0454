#include "tests/service/policy/made_certificate.h"

#include <memory>

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "core/check.h"
#include "tests/support/made_key.h"

namespace certbroker::policy {
namespace {

void AddNames(GENERAL_NAMES& all, int type, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    ASN1_IA5STRING* octets = ASN1_IA5STRING_new();
    ASN1_STRING_set(octets, text.data(), static_cast<int>(text.size()));
    GENERAL_NAME* name = GENERAL_NAME_new();
    GENERAL_NAME_set0_value(name, type, octets);
    sk_GENERAL_NAME_push(&all, name);
  }
}

void AddExtension(X509& certificate, int nid, const std::string& value) {
  if (value.empty()) return;
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  CERTBROKER_CHECK(extension != nullptr);
  X509_add_ext(&certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

std::string MadeCertificate(const CertificateRecipe& recipe) {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 7);
  ASN1_TIME_set_string_X509(X509_getm_notBefore(certificate.get()), "20260101000000Z");
  ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate.get()), "20270101000000Z");
  if (!recipe.common_name.empty()) {
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(recipe.common_name.data()),
                               static_cast<int>(recipe.common_name.size()), -1, 0);
  }
  GENERAL_NAMES* names = GENERAL_NAMES_new();
  AddNames(*names, GEN_DNS, recipe.dns_names);
  AddNames(*names, GEN_URI, recipe.uris);
  AddNames(*names, GEN_EMAIL, recipe.emails);
  if (sk_GENERAL_NAME_num(names) > 0) {
    X509_add1_ext_i2d(certificate.get(), NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT);
  }
  GENERAL_NAMES_free(names);
  AddExtension(*certificate, NID_ext_key_usage, recipe.extended_key_usage);
  AddExtension(*certificate, NID_basic_constraints, recipe.basic_constraints);
  EVP_PKEY* key = MadeKey(pki::KeyType::kEcP256);
  X509_set_pubkey(certificate.get(), key);
  CERTBROKER_CHECK(X509_sign(certificate.get(), key, EVP_sha256()) > 0);

  const std::unique_ptr<BIO, decltype(&BIO_free_all)> out(BIO_new(BIO_s_mem()), BIO_free_all);
  PEM_write_bio_X509(out.get(), certificate.get());
  char* text = nullptr;
  const auto size = static_cast<std::size_t>(BIO_get_mem_data(out.get(), &text));
  return {text, size};
}

}  // namespace certbroker::policy
