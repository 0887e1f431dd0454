#include "tests/support/jws_verifier.h"

#include <memory>

#include <nlohmann/json.hpp>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "core/check.h"

namespace certbroker {
namespace {

using nlohmann::json;

Bytes Decoded(const json& object, const char* member) {
  const auto bytes = FromBase64Url(object.at(member).get<std::string>());
  CERTBROKER_CHECK(bytes.has_value());
  return *bytes;
}

std::shared_ptr<EVP_PKEY> KeyOf(const Jwk& jwk) {
  const json key = json::parse(jwk.canonical_json);
  CERTBROKER_CHECK(key.at("kty") == "EC" && key.at("crv") == "P-256");
  Bytes point = {0x04};
  for (const char* member : {"x", "y"}) {
    const Bytes coordinate = Decoded(key, member);
    CERTBROKER_CHECK(coordinate.size() == 32);
    point.insert(point.end(), coordinate.begin(), coordinate.end());
  }
  std::string group = "P-256";
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end()};
  const std::shared_ptr<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr),
                                              EVP_PKEY_CTX_free);
  EVP_PKEY* result = nullptr;
  CERTBROKER_CHECK(EVP_PKEY_fromdata_init(context.get()) == 1);
  CERTBROKER_CHECK(EVP_PKEY_fromdata(context.get(), &result, EVP_PKEY_PUBLIC_KEY, parameters) == 1);
  return {result, EVP_PKEY_free};
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

bool VerifiesUnder(const ReceivedJws& jws, const Jwk& key) {
  if (key.algorithm != "ES256" || jws.signature.size() != 64) return false;
  const std::shared_ptr<ECDSA_SIG> raw(ECDSA_SIG_new(), ECDSA_SIG_free);
  ECDSA_SIG_set0(raw.get(), BN_bin2bn(jws.signature.data(), 32, nullptr),
                 BN_bin2bn(jws.signature.data() + 32, 32, nullptr));
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(raw.get(), &der);
  CERTBROKER_CHECK(size > 0);
  const std::shared_ptr<EVP_PKEY> public_key = KeyOf(key);
  const std::shared_ptr<EVP_MD_CTX> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const ByteView text = AsBytes(jws.signing_input);
  CERTBROKER_CHECK(
      EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, public_key.get()) == 1);
  const int result = EVP_DigestVerify(context.get(), der, static_cast<std::size_t>(size),
                                      text.data(), text.size());
  OPENSSL_free(der);
  return result == 1;
}

}  // namespace certbroker
