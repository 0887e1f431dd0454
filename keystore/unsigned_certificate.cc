#include "keystore/unsigned_certificate.h"

#include <utility>

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include "core/check.h"
#include "keystore/openssl_der.h"
#include "keystore/x509_signature.h"

namespace certbroker::keystore {
namespace {

int AlgorithmOf(KeyKind kind) {
  if (IsRsa(kind)) return NID_sha256WithRSAEncryption;
  return kind == KeyKind::kEcP384 ? NID_ecdsa_with_SHA384 : NID_ecdsa_with_SHA256;
}

// RFC 4055 §5: parameters NULL for RSA; RFC 5758 §3.2: absent for ECDSA. The casts here and below
// are because OpenSSL has no setter for these: only X509_sign writes them, and wants the private
// key in memory. The objects themselves belong to a certificate that we may change.
void SetAlgorithm(const X509_ALGOR* algorithm, KeyKind kind) {
  CERTBROKER_CHECK(X509_ALGOR_set0(const_cast<X509_ALGOR*>(algorithm),
                                   OBJ_nid2obj(AlgorithmOf(kind)),
                                   IsRsa(kind) ? V_ASN1_NULL : V_ASN1_UNDEF, nullptr) == 1);
}

void SetSignature(const ASN1_BIT_STRING* field, const Bytes& octets) {
  auto* const bits = const_cast<ASN1_BIT_STRING*>(field);
  CERTBROKER_CHECK(ASN1_BIT_STRING_set(bits, const_cast<std::uint8_t*>(octets.data()),
                                       static_cast<int>(octets.size())) == 1);
  // Whole octets: otherwise zeros at the end would be cut off.
  bits->flags &= ~(ASN1_STRING_FLAG_BITS_LEFT | 0x07);
  bits->flags |= ASN1_STRING_FLAG_BITS_LEFT;
}

// Decoded anew, so that these very octets are what is verified.
bool VerifiesUnderKey(const Bytes& der, EVP_PKEY* key) {
  const unsigned char* at = der.data();
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      d2i_X509(nullptr, &at, static_cast<long>(der.size())), X509_free);
  const bool good = certificate != nullptr && X509_verify(certificate.get(), key) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace

UnsignedCertificate::UnsignedCertificate(std::shared_ptr<X509> fields, PublicKey issuer)
    : fields_(std::move(fields)), issuer_(std::move(issuer)) {
  const X509_ALGOR* outer = nullptr;
  X509_get0_signature(nullptr, &outer, fields_.get());
  SetAlgorithm(outer, issuer_.kind());
  SetAlgorithm(X509_get0_tbs_sigalg(fields_.get()), issuer_.kind());
  to_be_signed_ = DerOf(i2d_re_X509_tbs, fields_.get());
}

Result<Bytes> UnsignedCertificate::WithSignature(ByteView signature) && {
  const ASN1_BIT_STRING* field = nullptr;
  X509_get0_signature(&field, nullptr, fields_.get());
  SetSignature(field, X509Signature(issuer_.kind(), signature));
  Bytes der = DerOf<const X509>(i2d_X509, fields_.get());
  if (VerifiesUnderKey(der, issuer_.openssl())) return der;
  return Error(Reason::kInternal,
               "a certificate was made whose signature does not verify under the CA's key; it was "
               "dropped. Please report this");
}

}  // namespace certbroker::keystore
