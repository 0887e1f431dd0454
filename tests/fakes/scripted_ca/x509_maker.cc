#include "tests/fakes/scripted_ca/x509_maker.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "core/check.h"
#include "tests/fakes/scripted_ca/der_reader.h"

namespace certbroker::scripted_ca {
namespace {

std::string Text(BIO* out) {
  char* text = nullptr;
  const long length = BIO_get_mem_data(out, &text);
  return {text, static_cast<std::size_t>(length)};
}

std::shared_ptr<BIO> MemoryBio() { return {BIO_new(BIO_s_mem()), &BIO_free}; }

void SetTime(ASN1_TIME* field, Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  CERTBROKER_CHECK(ASN1_TIME_set(field, static_cast<std::time_t>(seconds)) != nullptr);
}

void SetSerial(X509* certificate, const Bytes& serial) {
  BIGNUM* number = BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
  BN_free(number);
}

// False when `info` is of a kind that this does not copy.
bool CopyKeyInfo(X509* certificate, ByteView info) {
  DerReader file(info);
  const auto whole = file.Next(V_ASN1_SEQUENCE);
  DerReader parts(whole ? whole->content : ByteView());
  const auto algorithm = parts.Next(V_ASN1_SEQUENCE);
  const auto bits = parts.Next(V_ASN1_BIT_STRING);
  if (!algorithm || !bits || bits->content.empty()) return false;
  const unsigned char* in = algorithm->whole.data();
  const std::unique_ptr<X509_ALGOR, decltype(&X509_ALGOR_free)> parsed(
      d2i_X509_ALGOR(nullptr, &in, static_cast<long>(algorithm->whole.size())), &X509_ALGOR_free);
  const ASN1_OBJECT* type = nullptr;
  const void* value = nullptr;
  int value_type = V_ASN1_UNDEF;
  if (parsed == nullptr) return false;
  X509_ALGOR_get0(&type, &value_type, &value, parsed.get());
  if (value_type != V_ASN1_OBJECT) return false;
  const ByteView point = bits->content.subspan(1);
  auto* octets = static_cast<unsigned char*>(OPENSSL_memdup(point.data(), point.size()));
  return X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(certificate), OBJ_dup(type), V_ASN1_OBJECT,
                                OBJ_dup(static_cast<const ASN1_OBJECT*>(value)), octets,
                                static_cast<int>(point.size())) == 1;
}

void SetCommonName(X509* certificate, const std::string& name) {
  if (name.empty()) return;
  X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName, MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.data()),
                             static_cast<int>(name.size()), -1, 0);
}

void Add(X509* certificate, int nid, void* value, int critical) {
  CERTBROKER_CHECK(X509_add1_ext_i2d(certificate, nid, value, critical, X509V3_ADD_APPEND) == 1);
}

void AddFromText(X509* certificate, X509* issuer, int nid, const char* text) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, text);
  CERTBROKER_CHECK(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

void AddNames(X509* certificate, const std::vector<Identifier>& names, bool critical) {
  GENERAL_NAMES* list = sk_GENERAL_NAME_new_null();
  for (const Identifier& identifier : names) {
    GENERAL_NAME* name =
        a2i_GENERAL_NAME(nullptr, nullptr, nullptr, identifier.type == "ip" ? GEN_IPADD : GEN_DNS,
                         identifier.value.c_str(), 0);
    CERTBROKER_CHECK(name != nullptr);
    sk_GENERAL_NAME_push(list, name);
  }
  Add(certificate, NID_subject_alt_name, list, critical ? 1 : 0);
  GENERAL_NAMES_free(list);
}

void AddKeyIds(X509* certificate, X509* issuer) {
  AddFromText(certificate, issuer, NID_subject_key_identifier, "hash");
  AddFromText(certificate, issuer, NID_authority_key_identifier, "keyid:always");
}

void AddExtensions(X509* certificate, X509* issuer, const CertificateSpec& spec) {
  AddFromText(certificate, issuer, NID_basic_constraints,
              spec.ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
  AddFromText(certificate, issuer, NID_key_usage,
              spec.ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
  if (!spec.ca) AddFromText(certificate, issuer, NID_ext_key_usage, "serverAuth");
  AddKeyIds(certificate, issuer);
  // RFC 5280 §4.2.1.6: critical where the subject is empty.
  if (!spec.names.empty()) AddNames(certificate, spec.names, spec.common_name.empty());
}

}  // namespace

KeyPtr MakeKey() {
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  CERTBROKER_CHECK(key != nullptr);
  return {key, &EVP_PKEY_free};
}

X509Ptr MakeCertificate(const CertificateSpec& spec) {
  X509Ptr made(X509_new(), &X509_free);
  X509* certificate = made.get();
  X509_set_version(certificate, X509_VERSION_3);
  SetSerial(certificate, spec.serial);
  SetTime(X509_getm_notBefore(certificate), spec.not_before);
  SetTime(X509_getm_notAfter(certificate), spec.not_after);
  if (!CopyKeyInfo(certificate, spec.key_info)) X509_set_pubkey(certificate, spec.key);
  SetCommonName(certificate, spec.common_name);
  X509* issuer = spec.issuer == nullptr ? certificate : spec.issuer;
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  AddExtensions(certificate, issuer, spec);
  EVP_PKEY* signer = spec.issuer_key == nullptr ? spec.key : spec.issuer_key;
  CERTBROKER_CHECK(X509_sign(certificate, signer, EVP_sha256()) > 0);
  return made;
}

std::string ToPem(X509* certificate) {
  const auto out = MemoryBio();
  CERTBROKER_CHECK(PEM_write_bio_X509(out.get(), certificate) == 1);
  return Text(out.get());
}

std::string ToPem(EVP_PKEY* key) {
  const auto out = MemoryBio();
  CERTBROKER_CHECK(
      PEM_write_bio_PKCS8PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return Text(out.get());
}

Bytes ToDer(X509* certificate) {
  Bytes der(static_cast<std::size_t>(i2d_X509(certificate, nullptr)));
  unsigned char* out = der.data();
  i2d_X509(certificate, &out);
  return der;
}

std::string RenewalId(const X509* certificate) {
  const ASN1_OCTET_STRING* key_id = X509_get0_authority_key_id(const_cast<X509*>(certificate));
  if (key_id == nullptr) return {};
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate);
  Bytes der(static_cast<std::size_t>(i2d_ASN1_INTEGER(serial, nullptr)));
  unsigned char* out = der.data();
  i2d_ASN1_INTEGER(serial, &out);
  // Serials have at most 20 octets: tag and length are one octet each.
  const ByteView content = ByteView(der).subspan(2);
  const ByteView key_octets(ASN1_STRING_get0_data(key_id),
                            static_cast<std::size_t>(ASN1_STRING_length(key_id)));
  return Base64Url(key_octets) + "." + Base64Url(content);
}

}  // namespace certbroker::scripted_ca
