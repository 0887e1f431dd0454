#include "tests/support/jws_verifier.h"

#include <algorithm>
#include <memory>

#include <nlohmann/json.hpp>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include "core/check.h"

namespace certbroker {
namespace {

using nlohmann::json;

Bytes Decoded(const json& object, const char* member) {
  const auto bytes = FromBase64Url(object.at(member).get<std::string>());
  CERTBROKER_CHECK(bytes.has_value());
  return *bytes;
}

using KeyPtr = std::shared_ptr<EVP_PKEY>;

KeyPtr KeyFrom(const char* type, OSSL_PARAM* parameters) {
  const std::shared_ptr<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr),
                                              EVP_PKEY_CTX_free);
  EVP_PKEY* result = nullptr;
  CERTBROKER_CHECK(EVP_PKEY_fromdata_init(context.get()) == 1);
  CERTBROKER_CHECK(EVP_PKEY_fromdata(context.get(), &result, EVP_PKEY_PUBLIC_KEY, parameters) == 1);
  return {result, EVP_PKEY_free};
}

// `octets` of each coordinate and of r and s.
KeyPtr EcKeyOf(const json& key, std::string curve, std::size_t octets) {
  CERTBROKER_CHECK(key.at("kty") == "EC" && key.at("crv") == curve);
  Bytes point = {0x04};
  for (const char* member : {"x", "y"}) {
    const Bytes coordinate = Decoded(key, member);
    CERTBROKER_CHECK(coordinate.size() == octets);
    point.insert(point.end(), coordinate.begin(), coordinate.end());
  }
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end()};
  return KeyFrom("EC", parameters);
}

KeyPtr RsaKeyOf(const json& key) {
  CERTBROKER_CHECK(key.at("kty") == "RSA");
  Bytes modulus = Decoded(key, "n");
  Bytes exponent = Decoded(key, "e");
  // Numbers in an OSSL_PARAM have the machine's order of octets: little-endian here.
  std::reverse(modulus.begin(), modulus.end());
  std::reverse(exponent.begin(), exponent.end());
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, modulus.data(), modulus.size()),
      OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, exponent.data(), exponent.size()),
      OSSL_PARAM_construct_end()};
  return KeyFrom("RSA", parameters);
}

// r‖s as OpenSSL wants it.
Bytes DerOf(const Bytes& signature) {
  const auto half = static_cast<int>(signature.size() / 2);
  const std::shared_ptr<ECDSA_SIG> raw(ECDSA_SIG_new(), ECDSA_SIG_free);
  ECDSA_SIG_set0(raw.get(), BN_bin2bn(signature.data(), half, nullptr),
                 BN_bin2bn(signature.data() + half, half, nullptr));
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(raw.get(), &der);
  CERTBROKER_CHECK(size > 0);
  Bytes copy(der, der + size);
  OPENSSL_free(der);
  return copy;
}

bool Verify(const EVP_MD* hash, const KeyPtr& key, const Bytes& signature,
            const std::string& signing_input) {
  const std::shared_ptr<EVP_MD_CTX> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const ByteView text = AsBytes(signing_input);
  // RSA's default padding is that of RS256.
  CERTBROKER_CHECK(EVP_DigestVerifyInit(context.get(), nullptr, hash, nullptr, key.get()) == 1);
  return EVP_DigestVerify(context.get(), signature.data(), signature.size(), text.data(),
                          text.size()) == 1;
}

}  // namespace

ReceivedJws ReceiveJws(const std::string& body) {
  const json object = json::parse(body);
  CERTBROKER_CHECK(object.size() == 3);
  ReceivedJws jws;
  jws.protected_header = AsText(Decoded(object, "protected"));
  jws.payload = AsText(Decoded(object, "payload"));
  jws.signature = Decoded(object, "signature");
  jws.signing_input =
      object.at("protected").get<std::string>() + "." + object.at("payload").get<std::string>();
  return jws;
}

bool VerifiesUnder(const ReceivedJws& jws, const Jwk& jwk) {
  const json key = json::parse(jwk.canonical_json);
  if (jwk.algorithm == "ES256") {
    return jws.signature.size() == 64 &&
           Verify(EVP_sha256(), EcKeyOf(key, "P-256", 32), DerOf(jws.signature), jws.signing_input);
  }
  if (jwk.algorithm == "ES384") {
    return jws.signature.size() == 96 &&
           Verify(EVP_sha384(), EcKeyOf(key, "P-384", 48), DerOf(jws.signature), jws.signing_input);
  }
  return jwk.algorithm == "RS256" &&
         Verify(EVP_sha256(), RsaKeyOf(key), jws.signature, jws.signing_input);
}

}  // namespace certbroker
