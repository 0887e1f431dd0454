#include "keystore/ec_public_key.h"

#include <array>

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "core/check.h"

namespace certbroker::keystore {
namespace {

constexpr std::size_t kCoordinate = 32;
constexpr std::size_t kPoint = 1 + 2 * kCoordinate;
constexpr std::uint8_t kOctetString = 0x04;   // its DER tag, X.690 §8.7
constexpr std::uint8_t kUncompressed = 0x04;  // SEC 1 §2.3.3

// Both forms begin with 0x04; the length tells them apart.
ByteView PointIn(ByteView ec_point) {
  if (ec_point.size() == kPoint + 2 && ec_point[0] == kOctetString && ec_point[1] == kPoint) {
    ec_point = ec_point.subspan(2);
  }
  const bool uncompressed = ec_point.size() == kPoint && ec_point[0] == kUncompressed;
  return uncompressed ? ec_point : ByteView();
}

std::shared_ptr<EVP_PKEY> PublicKeyAt(ByteView point) {
  std::string group = "prime256v1";
  const std::array<OSSL_PARAM, 3> parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                        const_cast<std::uint8_t*>(point.data()), point.size()),
      OSSL_PARAM_construct_end()};
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr), EVP_PKEY_CTX_free);
  CERTBROKER_CHECK(context != nullptr && EVP_PKEY_fromdata_init(context.get()) == 1);
  EVP_PKEY* key = nullptr;
  // Fails for a point that is not on the curve.
  EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY,
                    const_cast<OSSL_PARAM*>(parameters.data()));
  ERR_clear_error();
  return {key, EVP_PKEY_free};
}

// ECDSA-Sig-Value of RFC 3279 §2.2.3, the form that OpenSSL verifies.
Bytes DerSignature(ByteView r, ByteView s) {
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> signature(ECDSA_SIG_new(),
                                                                        ECDSA_SIG_free);
  BIGNUM* r_number = BN_bin2bn(r.data(), static_cast<int>(r.size()), nullptr);
  BIGNUM* s_number = BN_bin2bn(s.data(), static_cast<int>(s.size()), nullptr);
  CERTBROKER_CHECK(ECDSA_SIG_set0(signature.get(), r_number, s_number) == 1);
  unsigned char* encoded = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &encoded);
  CERTBROKER_CHECK(size > 0);
  Bytes der(encoded, encoded + size);
  OPENSSL_free(encoded);
  return der;
}

}  // namespace

Bytes Sha256(ByteView data) {
  Bytes digest(EVP_MAX_MD_SIZE);
  unsigned int size = 0;
  CERTBROKER_CHECK(
      EVP_Digest(data.data(), data.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1);
  digest.resize(size);
  return digest;
}

EcPublicKey::EcPublicKey(std::shared_ptr<evp_pkey_st> key, Jwk jwk)
    : key_(std::move(key)),
      jwk_(std::move(jwk)),
      thumbprint_(Base64Url(Sha256(AsBytes(jwk_.canonical_json)))) {}

Result<EcPublicKey> EcPublicKey::FromEcPoint(ByteView ec_point) {
  const ByteView point = PointIn(ec_point);
  if (point.empty()) {
    return Error(
        Reason::kHsmKeyRefused,
        fmt::format("CKA_EC_POINT ({} octets) is no uncompressed P-256 point", ec_point.size()));
  }
  std::shared_ptr<EVP_PKEY> key = PublicKeyAt(point);
  if (key == nullptr) {
    return Error(Reason::kHsmKeyRefused, "CKA_EC_POINT is not on the curve P-256");
  }
  const ByteView coordinates = point.subspan(1);
  return EcPublicKey(std::move(key),
                     EcP256Jwk(coordinates.first(kCoordinate), coordinates.subspan(kCoordinate)));
}

bool EcPublicKey::Verifies(ByteView digest, ByteView signature) const {
  if (signature.size() != 2 * kCoordinate) return false;
  const Bytes der = DerSignature(signature.first(kCoordinate), signature.subspan(kCoordinate));
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr), EVP_PKEY_CTX_free);
  CERTBROKER_CHECK(context != nullptr && EVP_PKEY_verify_init(context.get()) == 1);
  const bool good =
      EVP_PKEY_verify(context.get(), der.data(), der.size(), digest.data(), digest.size()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace certbroker::keystore
