#include "tests/support/tiny_ca_signing.h"

#include <ctime>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "core/check.h"

namespace certbroker {
namespace {

constexpr std::time_t kNotBefore =
    1'795'244'400;  // 2026-11-21T07:00:00Z: FakeClock begins half an hour later
constexpr long kDay = 86'400;

std::string ToPem(X509* certificate) {
  const std::shared_ptr<BIO> out(BIO_new(BIO_s_mem()), &BIO_free);
  CERTBROKER_CHECK(PEM_write_bio_X509(out.get(), certificate) == 1);
  char* text = nullptr;
  const long length = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(length)};
}

std::shared_ptr<X509> Unsigned(long serial, long days) {
  std::shared_ptr<X509> certificate(X509_new(), &X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), kNotBefore);
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), kNotBefore + days * kDay);
  return certificate;
}

void AddExtension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  CERTBROKER_CHECK(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

}  // namespace

TinyRoot::TinyRoot() : key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), &EVP_PKEY_free) {
  certificate_ = Unsigned(1, 3'650);
  X509* root = certificate_.get();
  X509_set_pubkey(root, key_.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(root), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("tiny root"), -1, -1, 0);
  X509_set_issuer_name(root, X509_get_subject_name(root));
  AddExtension(root, root, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(root, root, NID_key_usage, "critical,keyCertSign");
  AddExtension(root, root, NID_subject_key_identifier, "hash");
  CERTBROKER_CHECK(X509_sign(root, key_.get(), EVP_sha256()) > 0);
  pem_ = ToPem(root);
}

std::string TinyRoot::Sign(ByteView csr_der, long serial) const {
  const unsigned char* in = csr_der.data();
  const std::shared_ptr<X509_REQ> csr(d2i_X509_REQ(nullptr, &in, static_cast<long>(csr_der.size())),
                                      &X509_REQ_free);
  if (csr == nullptr) return {};
  const auto leaf = Unsigned(serial, 90);
  X509_set_pubkey(leaf.get(), X509_REQ_get0_pubkey(csr.get()));
  X509_set_issuer_name(leaf.get(), X509_get_subject_name(certificate_.get()));
  AddExtension(leaf.get(), certificate_.get(), NID_basic_constraints, "critical,CA:FALSE");
  AddExtension(leaf.get(), certificate_.get(), NID_ext_key_usage, "serverAuth");
  AddExtension(leaf.get(), certificate_.get(), NID_authority_key_identifier, "keyid:always");
  STACK_OF(X509_EXTENSION)* extensions = X509_REQ_get_extensions(csr.get());
  for (int i = 0; i < sk_X509_EXTENSION_num(extensions); ++i) {
    X509_EXTENSION* extension = sk_X509_EXTENSION_value(extensions, i);
    if (OBJ_obj2nid(X509_EXTENSION_get_object(extension)) != NID_subject_alt_name) continue;
    // RFC 5280 §4.2.1.6: critical where the subject is empty.
    X509_EXTENSION_set_critical(extension, 1);
    X509_add_ext(leaf.get(), extension, -1);
  }
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  CERTBROKER_CHECK(X509_sign(leaf.get(), key_.get(), EVP_sha256()) > 0);
  return ToPem(leaf.get());
}

}  // namespace certbroker
