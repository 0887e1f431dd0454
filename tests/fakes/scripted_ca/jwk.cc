#include "tests/fakes/scripted_ca/jwk.h"

#include <optional>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/sha.h>

namespace certbroker::scripted_ca {
namespace {

constexpr int kLeastAccountKeyBits = 2048;

Problem BadKey(std::string detail) { return {400, "badPublicKey", std::move(detail)}; }

using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)>;
using Number = std::unique_ptr<BIGNUM, decltype(&BN_free)>;

std::shared_ptr<EVP_PKEY> FromParams(const char* type, OSSL_PARAM_BLD* builder) {
  const std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)> params(
      OSSL_PARAM_BLD_to_param(builder), &OSSL_PARAM_free);
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr), &EVP_PKEY_CTX_free);
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) <= 0 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) <= 0) {
    return nullptr;
  }
  return {key, &EVP_PKEY_free};
}

// Members in the order of RFC 7638 §3.2, no white space.
std::string Thumbprint(const std::string& canonical) { return Base64Url(Sha256(canonical)); }

std::optional<Bytes> Octets(const Json& json, const char* name) {
  const std::string* text = StringAt(json, name);
  return text == nullptr ? std::nullopt : FromBase64Url(*text);
}

Outcome<PublicJwkPtr> ParseEc(const Json& json) {
  const std::string* curve = StringAt(json, "crv");
  if (curve == nullptr) return Malformed("JWK without \"crv\"");
  const bool p256 = *curve == "P-256";
  if (!p256 && *curve != "P-384") return BadKey("curve " + *curve + " is not supported");
  const std::size_t half = p256 ? 32 : 48;
  const auto x = Octets(json, "x");
  const auto y = Octets(json, "y");
  // RFC 7518 §6.2.1.2: the full size of a coordinate, leading zeros included.
  if (!x || !y || x->size() != half || y->size() != half) {
    return Malformed("JWK coordinates are not base64url of " + std::to_string(half) + " octets");
  }
  Bytes point{4};
  point.insert(point.end(), x->begin(), x->end());
  point.insert(point.end(), y->begin(), y->end());
  auto key = MakeEcKey(curve->c_str(), point);
  if (key == nullptr) return BadKey("the point is not on " + *curve);
  return std::make_shared<const PublicJwk>(
      PublicJwk{std::move(key), p256 ? "ES256" : "ES384",
                Thumbprint(R"({"crv":")" + *curve + R"(","kty":"EC","x":")" + Base64Url(*x) +
                           R"(","y":")" + Base64Url(*y) + R"("})"),
                half});
}

Outcome<PublicJwkPtr> ParseRsa(const Json& json) {
  const auto n = Octets(json, "n");
  const auto e = Octets(json, "e");
  if (!n || !e || n->empty() || e->empty()) return Malformed("JWK without \"n\" and \"e\"");
  // RFC 7518 §2: a Base64urlUInt has no leading zero octets.
  if (n->front() == 0 || e->front() == 0) return Malformed("JWK number with leading zeros");
  const Number modulus(BN_bin2bn(n->data(), static_cast<int>(n->size()), nullptr), &BN_free);
  const Number exponent(BN_bin2bn(e->data(), static_cast<int>(e->size()), nullptr), &BN_free);
  if (BN_num_bits(modulus.get()) < kLeastAccountKeyBits) return BadKey("RSA key too small");
  const ParamBuilder builder(OSSL_PARAM_BLD_new(), &OSSL_PARAM_BLD_free);
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
  auto key = FromParams("RSA", builder.get());
  if (key == nullptr) return BadKey("not an RSA key");
  return std::make_shared<const PublicJwk>(PublicJwk{
      std::move(key), "RS256",
      Thumbprint(R"({"e":")" + Base64Url(*e) + R"(","kty":"RSA","n":")" + Base64Url(*n) + R"("})"),
      0});
}

}  // namespace

Outcome<PublicJwkPtr> ParseJwk(const Json& json) {
  const std::string* type = StringAt(json, "kty");
  if (type == nullptr) return Malformed("\"jwk\" is no JSON Web Key");
  if (json.contains("d")) return Malformed("\"jwk\" holds a private key");
  if (*type == "EC") return ParseEc(json);
  if (*type == "RSA") return ParseRsa(json);
  return BadKey("key type " + *type + " is not supported");
}

std::shared_ptr<EVP_PKEY> MakeEcKey(const char* curve, ByteView point) {
  const ParamBuilder builder(OSSL_PARAM_BLD_new(), &OSSL_PARAM_BLD_free);
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve, 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  return FromParams("EC", builder.get());
}

bool SameKey(const PublicJwk& jwk, const EVP_PKEY* key) {
  return EVP_PKEY_eq(jwk.key.get(), key) == 1;
}

Bytes Sha256(std::string_view text) {
  Bytes digest(SHA256_DIGEST_LENGTH);
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

}  // namespace certbroker::scripted_ca
