#include "tests/support/test_certificates.h"

#include <atomic>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "core/check.h"

namespace certbroker {
namespace {

constexpr long kHour = 3600;

std::shared_ptr<EVP_PKEY> MakeKey() {
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  CERTBROKER_CHECK(key != nullptr);
  return {key, &EVP_PKEY_free};
}

void AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  CERTBROKER_CHECK(extension != nullptr);
  CERTBROKER_CHECK(X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

// The serial is in the name too: two CAs of one name would make other errors than strangers do.
TestCertificate MakeUnsigned(std::string common_name, long from, long until) {
  static std::atomic<long> last_serial{0};
  const long serial = ++last_serial;
  common_name += std::to_string(serial);
  TestCertificate made{{X509_new(), &X509_free}, MakeKey()};
  X509* x509 = made.certificate.get();
  X509_set_version(x509, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), serial);
  X509_gmtime_adj(X509_getm_notBefore(x509), from);
  X509_gmtime_adj(X509_getm_notAfter(x509), until);
  X509_set_pubkey(x509, made.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                             0);
  return made;
}

void Sign(const TestCertificate& made, const TestCertificate& issuer) {
  X509_set_issuer_name(made.certificate.get(), X509_get_subject_name(issuer.certificate.get()));
  CERTBROKER_CHECK(X509_sign(made.certificate.get(), issuer.key.get(), EVP_sha256()) > 0);
}

}  // namespace

std::string TestCertificate::ToPem() const {
  const std::shared_ptr<BIO> out(BIO_new(BIO_s_mem()), &BIO_free);
  CERTBROKER_CHECK(PEM_write_bio_X509(out.get(), certificate.get()) == 1);
  char* text = nullptr;
  const long length = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(length)};
}

std::string TestCertificate::KeyToPem() const {
  const std::shared_ptr<BIO> out(BIO_new(BIO_s_mem()), &BIO_free);
  CERTBROKER_CHECK(
      PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  char* text = nullptr;
  const long length = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(length)};
}

TestCertificate MakeTestCa() {
  TestCertificate ca = MakeUnsigned("test CA ", -kHour, kHour);
  AddExtension(ca.certificate.get(), ca.certificate.get(), NID_basic_constraints,
               "critical,CA:TRUE");
  AddExtension(ca.certificate.get(), ca.certificate.get(), NID_key_usage, "critical,keyCertSign");
  Sign(ca, ca);
  return ca;
}

TestCertificate MakeTestLeaf(const TestCertificate* issuer, const LeafOptions& options) {
  TestCertificate leaf = MakeUnsigned("test server ", -2 * kHour, options.expired ? -kHour : kHour);
  const TestCertificate& signer = issuer == nullptr ? leaf : *issuer;
  if (!options.subject_alt_name.empty()) {
    AddExtension(leaf.certificate.get(), signer.certificate.get(), NID_subject_alt_name,
                 options.subject_alt_name);
  }
  if (!options.extended_key_usage.empty()) {
    AddExtension(leaf.certificate.get(), signer.certificate.get(), NID_ext_key_usage,
                 options.extended_key_usage);
  }
  Sign(leaf, signer);
  return leaf;
}

}  // namespace certbroker
