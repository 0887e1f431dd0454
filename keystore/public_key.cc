#include "keystore/public_key.h"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "core/check.h"
#include "keystore/x509_signature.h"

namespace certbroker::keystore {
namespace {

using BignumPtr = std::unique_ptr<BIGNUM, decltype(&BN_free)>;
using ContextPtr = std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)>;

constexpr std::uint8_t kOctetString = 0x04;   // its DER tag, X.690 §8.7
constexpr std::uint8_t kUncompressed = 0x04;  // SEC 1 §2.3.3
constexpr auto kExponent65537 = std::to_array<std::uint8_t>({0x01, 0x00, 0x01});

struct EcPoint {
  KeyKind kind;
  ByteView coordinates;  // x‖y
  ByteView whole;
};

// Both forms begin with 0x04; the length tells them apart, and the curves too.
std::optional<EcPoint> PointIn(ByteView ec_point) {
  for (const KeyKind kind : {KeyKind::kEcP256, KeyKind::kEcP384}) {
    const std::size_t size = 1 + SignatureOctets(kind);  // r and s are as long as x and y
    ByteView point = ec_point;
    if (point.size() == size + 2 && point[0] == kOctetString && point[1] == size) {
      point = point.subspan(2);
    }
    if (point.size() == size && point[0] == kUncompressed) {
      return EcPoint{kind, point.subspan(1), point};
    }
  }
  return std::nullopt;
}

// Fails for what is no key: a point that is not on the curve.
std::shared_ptr<EVP_PKEY> KeyFrom(const char* type, OSSL_PARAM* parameters) {
  const ContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr), EVP_PKEY_CTX_free);
  CERTBROKER_CHECK(context != nullptr && EVP_PKEY_fromdata_init(context.get()) == 1);
  EVP_PKEY* key = nullptr;
  EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters);
  ERR_clear_error();
  return {key, EVP_PKEY_free};
}

std::shared_ptr<EVP_PKEY> KeyAt(const EcPoint& point) {
  std::string group = point.kind == KeyKind::kEcP256 ? "prime256v1" : "secp384r1";
  std::array<OSSL_PARAM, 3> parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                        const_cast<std::uint8_t*>(point.whole.data()),
                                        point.whole.size()),
      OSSL_PARAM_construct_end()};
  return KeyFrom("EC", parameters.data());
}

BignumPtr NumberOf(ByteView octets) {
  BignumPtr number(BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr), BN_free);
  CERTBROKER_CHECK(number != nullptr);
  return number;
}

std::shared_ptr<EVP_PKEY> RsaKeyOf(ByteView modulus, ByteView exponent) {
  const BignumPtr n = NumberOf(modulus);
  const BignumPtr e = NumberOf(exponent);
  const std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)> builder(
      OSSL_PARAM_BLD_new(), OSSL_PARAM_BLD_free);
  CERTBROKER_CHECK(builder != nullptr &&
                   OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 &&
                   OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1);
  const std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)> parameters(
      OSSL_PARAM_BLD_to_param(builder.get()), OSSL_PARAM_free);
  CERTBROKER_CHECK(parameters != nullptr);
  return KeyFrom("RSA", parameters.get());
}

ByteView WithoutLeadingZeros(ByteView octets) {
  const auto first = std::ranges::find_if(octets, [](std::uint8_t octet) { return octet != 0; });
  return octets.subspan(static_cast<std::size_t>(first - octets.begin()));
}

std::optional<KeyKind> RsaKindOf(ByteView modulus) {
  for (const KeyKind kind : {KeyKind::kRsa2048, KeyKind::kRsa3072}) {
    if (modulus.size() * 8 == BitsOf(kind) && (modulus[0] & 0x80U) != 0) return kind;
  }
  return std::nullopt;
}

}  // namespace

PublicKey::PublicKey(KeyKind kind, std::shared_ptr<evp_pkey_st> key, Jwk jwk)
    : kind_(kind),
      key_(std::move(key)),
      jwk_(std::move(jwk)),
      // RFC 7638 §3: SHA-256, whatever the key signs with.
      thumbprint_(Base64Url(DigestFor(KeyKind::kEcP256, AsBytes(jwk_.canonical_json)))) {}

Result<PublicKey> PublicKey::FromEcPoint(ByteView ec_point) {
  const auto point = PointIn(ec_point);
  if (!point) {
    return Error(Reason::kHsmKeyRefused,
                 fmt::format("CKA_EC_POINT ({} octets) is no uncompressed P-256 or P-384 point",
                             ec_point.size()));
  }
  std::shared_ptr<EVP_PKEY> key = KeyAt(*point);
  if (key == nullptr) {
    return Error(Reason::kHsmKeyRefused,
                 fmt::format("CKA_EC_POINT is not on the curve P-{}", BitsOf(point->kind)));
  }
  const std::size_t half = point->coordinates.size() / 2;
  const ByteView x = point->coordinates.first(half);
  const ByteView y = point->coordinates.subspan(half);
  Jwk jwk = point->kind == KeyKind::kEcP256 ? EcP256Jwk(x, y) : EcP384Jwk(x, y);
  return PublicKey(point->kind, std::move(key), std::move(jwk));
}

Result<PublicKey> PublicKey::FromRsa(ByteView modulus, ByteView exponent) {
  modulus = WithoutLeadingZeros(modulus);
  exponent = WithoutLeadingZeros(exponent);
  const auto kind = RsaKindOf(modulus);
  if (!kind) {
    const std::size_t bits =
        modulus.empty()
            ? 0
            : 8 * (modulus.size() - 1) + static_cast<std::size_t>(std::bit_width(modulus[0]));
    return Error(Reason::kHsmKeyRefused,
                 fmt::format("CKA_MODULUS has {} bits; 2048 and 3072 are used", bits));
  }
  if (!std::ranges::equal(exponent, kExponent65537)) {
    return Error(Reason::kHsmKeyRefused, "CKA_PUBLIC_EXPONENT is not 65537");
  }
  std::shared_ptr<EVP_PKEY> key = RsaKeyOf(modulus, exponent);
  if (key == nullptr) return Error(Reason::kHsmKeyRefused, "CKA_MODULUS makes no RSA key");
  return PublicKey(*kind, std::move(key), RsaJwk(modulus, exponent));
}

bool PublicKey::Verifies(ByteView digest, ByteView signature) const {
  if (signature.size() != SignatureOctets(kind_)) return false;
  const Bytes octets = X509Signature(kind_, signature);
  const ContextPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr),
                           EVP_PKEY_CTX_free);
  CERTBROKER_CHECK(context != nullptr && EVP_PKEY_verify_init(context.get()) == 1);
  if (IsRsa(kind_)) {
    CERTBROKER_CHECK(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1 &&
                     EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) == 1);
  }
  const bool good = EVP_PKEY_verify(context.get(), octets.data(), octets.size(), digest.data(),
                                    digest.size()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace certbroker::keystore
