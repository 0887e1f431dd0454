#include "pki/certificate_key.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "core/check.h"
#include "pki/openssl_handle.h"
#include "pki/private_key.h"

namespace certbroker::pki {
namespace {

constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 4096;

std::shared_ptr<EVP_PKEY> PrivateKeyFrom(std::string_view pem) {
  const BioPtr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  CERTBROKER_CHECK(in != nullptr);
  return {PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr), EVP_PKEY_free};
}

Bytes BignumOf(EVP_PKEY* key, const char* name, int size = 0) {
  BIGNUM* raw = nullptr;
  CERTBROKER_CHECK(EVP_PKEY_get_bn_param(key, name, &raw) == 1);
  const BignumPtr number(raw);
  Bytes octets(static_cast<std::size_t>(std::max(size, BN_num_bytes(raw))));
  CERTBROKER_CHECK(BN_bn2binpad(raw, octets.data(), static_cast<int>(octets.size())) >= 0);
  return octets;
}

// RFC 7518 §3.1. Nothing: a key that no CA has certified.
std::optional<Jwk> JwkOf(EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  if (EVP_PKEY_is_a(key, "RSA") == 1 && bits >= kMinRsaBits && bits <= kMaxRsaBits)
    return RsaJwk(BignumOf(key, OSSL_PKEY_PARAM_RSA_N), BignumOf(key, OSSL_PKEY_PARAM_RSA_E));
  char group[32] = {};
  if (EVP_PKEY_is_a(key, "EC") != 1 ||
      EVP_PKEY_get_group_name(key, group, sizeof(group), nullptr) != 1)
    return std::nullopt;
  const auto coordinate = [&](const char* name) { return BignumOf(key, name, (bits + 7) / 8); };
  const Bytes x = coordinate(OSSL_PKEY_PARAM_EC_PUB_X);
  const Bytes y = coordinate(OSSL_PKEY_PARAM_EC_PUB_Y);
  if (std::string_view(group) == "prime256v1") return EcP256Jwk(x, y);
  if (std::string_view(group) == "secp384r1") return EcP384Jwk(x, y);
  return std::nullopt;
}

// OpenSSL signs in DER; a JWS wants r‖s (RFC 7518 §3.4).
Bytes RawEcdsa(const Bytes& der, int coordinate) {
  const unsigned char* in = der.data();
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> signature(
      d2i_ECDSA_SIG(nullptr, &in, static_cast<long>(der.size())), ECDSA_SIG_free);
  CERTBROKER_CHECK(signature != nullptr);
  Bytes raw(static_cast<std::size_t>(2 * coordinate));
  CERTBROKER_CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), raw.data(), coordinate) >= 0);
  CERTBROKER_CHECK(
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), raw.data() + coordinate, coordinate) >= 0);
  return raw;
}

Bytes SignatureOver(EVP_PKEY* key, const std::string& input, const EVP_MD* digest) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  const auto* octets = reinterpret_cast<const unsigned char*>(input.data());
  std::size_t size = 0;
  CERTBROKER_CHECK(EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key) == 1 &&
                   EVP_DigestSign(context.get(), nullptr, &size, octets, input.size()) == 1);
  Bytes signature(size);
  CERTBROKER_CHECK(EVP_DigestSign(context.get(), signature.data(), &size, octets, input.size()) ==
                   1);
  signature.resize(size);
  return signature;
}

}  // namespace

Result<std::unique_ptr<CertificateKey>> CertificateKey::Read(std::string_view key_pem,
                                                             const Certificate& certificate) {
  const OpenSslErrorScope errors;
  RETURN_IF_ERROR(CheckPrivateKey(key_pem, certificate));
  auto key = PrivateKeyFrom(key_pem);
  auto jwk = key == nullptr ? std::nullopt : JwkOf(key.get());
  if (!jwk) {
    return Error(
        Reason::kConfigInvalid,
        "is of a kind that no revocation can be signed with: P-256, P-384, and RSA of 2048 "
        "to 4096 bits can");
  }
  return std::unique_ptr<CertificateKey>(new CertificateKey(std::move(key), *std::move(jwk)));
}

Result<std::string> CertificateKey::Sign(const JwsInput& input, SteadyTime /*deadline*/) {
  if (input.purpose != SignaturePurpose::kRevokeCertificate)
    return Error(Reason::kInternal, "a certificate's key signs its revocation and nothing else");
  const UnsignedJws jws(input, jwk_);
  const bool p384 = jwk_.algorithm == "ES384";
  Bytes signature =
      SignatureOver(key_.get(), jws.SigningInput(), p384 ? EVP_sha384() : EVP_sha256());
  if (jwk_.algorithm != "RS256") signature = RawEcdsa(signature, p384 ? 48 : 32);
  return jws.WithSignature(signature);
}

}  // namespace certbroker::pki
