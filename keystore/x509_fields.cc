#include "keystore/x509_fields.h"

#include <algorithm>
#include <array>
#include <memory>

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "core/check.h"

namespace certbroker::keystore {
namespace {

using std::chrono::seconds;

constexpr std::size_t kLongestNameText = 64;
constexpr std::size_t kKeyIdOctets = 20;

// What UTCTime and GeneralizedTime can say between them: 1950 to 9999.
constexpr Time kFirstTime{std::chrono::sys_days(std::chrono::year(1950) / 1 / 1)};
constexpr Time kPastTime{std::chrono::sys_days(std::chrono::year(10000) / 1 / 1)};

bool IsSayable(Time time) { return time >= kFirstTime && time < kPastTime; }

std::time_t SecondsOf(Time time) {
  return std::chrono::floor<seconds>(time).time_since_epoch().count();
}

template <class T>
void AddExtension(X509& certificate, int type, const T& value, bool critical) {
  CERTBROKER_CHECK(X509_add1_ext_i2d(&certificate, type, const_cast<T*>(&value), critical ? 1 : 0,
                                     X509V3_ADD_DEFAULT) == 1);
}

}  // namespace

void SetSerial(X509& certificate, ByteView number) {
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> serial(
      BN_bin2bn(number.data(), static_cast<int>(number.size()), nullptr), BN_free);
  CERTBROKER_CHECK(serial != nullptr &&
                   BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(&certificate)) !=
                       nullptr);
}

Result<void> SetValidity(X509& certificate, Time not_before, Time not_after) {
  if (!IsSayable(not_before) || !IsSayable(not_after) ||
      SecondsOf(not_before) >= SecondsOf(not_after)) {
    return Error(Reason::kInvalidArgument,
                 fmt::format("a certificate cannot be valid from {} to {}: it takes a beginning "
                             "before the end, and years from 1950 to 9999",
                             FormatRfc3339(not_before), FormatRfc3339(not_after)));
  }
  CERTBROKER_CHECK(
      ASN1_TIME_set(X509_getm_notBefore(&certificate), SecondsOf(not_before)) != nullptr &&
      ASN1_TIME_set(X509_getm_notAfter(&certificate), SecondsOf(not_after)) != nullptr);
  return {};
}

void AddToName(X509_NAME& name, int attribute, std::string_view ascii) {
  const std::string_view text = ascii.substr(0, kLongestNameText);
  CERTBROKER_CHECK(X509_NAME_add_entry_by_NID(&name, attribute, MBSTRING_ASC,
                                              reinterpret_cast<const unsigned char*>(text.data()),
                                              static_cast<int>(text.size()), -1, 0) == 1);
}

void AddBasicConstraints(X509& certificate, bool ca) {
  const std::unique_ptr<BASIC_CONSTRAINTS, decltype(&BASIC_CONSTRAINTS_free)> constraints(
      BASIC_CONSTRAINTS_new(), BASIC_CONSTRAINTS_free);
  CERTBROKER_CHECK(constraints != nullptr);
  if (ca) {
    constraints->ca = 0xFF;
    constraints->pathlen = ASN1_INTEGER_new();  // zero; goes with the constraints
    CERTBROKER_CHECK(constraints->pathlen != nullptr &&
                     ASN1_INTEGER_set(constraints->pathlen, 0) == 1);
  }
  AddExtension(certificate, NID_basic_constraints, *constraints, /*critical=*/true);
}

void AddKeyUsage(X509& certificate, std::initializer_list<KeyUsageBit> bits) {
  const std::unique_ptr<ASN1_BIT_STRING, decltype(&ASN1_BIT_STRING_free)> usage(
      ASN1_BIT_STRING_new(), ASN1_BIT_STRING_free);
  CERTBROKER_CHECK(usage != nullptr);
  for (const KeyUsageBit bit : bits) {
    CERTBROKER_CHECK(ASN1_BIT_STRING_set_bit(usage.get(), static_cast<int>(bit), 1) == 1);
  }
  AddExtension(certificate, NID_key_usage, *usage, /*critical=*/true);
}

void AddClientAuth(X509& certificate) {
  const std::unique_ptr<EXTENDED_KEY_USAGE, decltype(&EXTENDED_KEY_USAGE_free)> usage(
      EXTENDED_KEY_USAGE_new(), EXTENDED_KEY_USAGE_free);
  CERTBROKER_CHECK(usage != nullptr &&
                   sk_ASN1_OBJECT_push(usage.get(), OBJ_nid2obj(NID_client_auth)) > 0);
  AddExtension(certificate, NID_ext_key_usage, *usage, /*critical=*/false);
}

void AddUriName(X509& certificate, std::string_view uri) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(GENERAL_NAMES_new(),
                                                                            GENERAL_NAMES_free);
  GENERAL_NAME* const name = GENERAL_NAME_new();
  ASN1_IA5STRING* const text = ASN1_IA5STRING_new();
  CERTBROKER_CHECK(names != nullptr && name != nullptr && text != nullptr &&
                   ASN1_STRING_set(text, uri.data(), static_cast<int>(uri.size())) == 1);
  GENERAL_NAME_set0_value(name, GEN_URI, text);
  CERTBROKER_CHECK(sk_GENERAL_NAME_push(names.get(), name) > 0);
  AddExtension(certificate, NID_subject_alt_name, *names, /*critical=*/false);
}

void AddSubjectKeyId(X509& certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  const std::unique_ptr<ASN1_OCTET_STRING, decltype(&ASN1_OCTET_STRING_free)> id(
      ASN1_OCTET_STRING_new(), ASN1_OCTET_STRING_free);
  CERTBROKER_CHECK(id != nullptr &&
                   X509_pubkey_digest(&certificate, EVP_sha256(), digest.data(), nullptr) == 1 &&
                   ASN1_OCTET_STRING_set(id.get(), digest.data(), kKeyIdOctets) == 1);
  AddExtension(certificate, NID_subject_key_identifier, *id, /*critical=*/false);
}

void AddAuthorityKeyId(X509& certificate, const ASN1_OCTET_STRING& issuers) {
  const std::unique_ptr<AUTHORITY_KEYID, decltype(&AUTHORITY_KEYID_free)> id(AUTHORITY_KEYID_new(),
                                                                             AUTHORITY_KEYID_free);
  CERTBROKER_CHECK(id != nullptr);
  id->keyid = ASN1_OCTET_STRING_dup(&issuers);  // goes with the id
  CERTBROKER_CHECK(id->keyid != nullptr);
  AddExtension(certificate, NID_authority_key_identifier, *id, /*critical=*/false);
}

}  // namespace certbroker::keystore
