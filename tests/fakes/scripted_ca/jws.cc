#include "tests/fakes/scripted_ca/jws.h"

#include <array>

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace certbroker::scripted_ca {
namespace {

const EVP_MD* DigestOf(const std::string& algorithm) {
  if (algorithm.ends_with("256")) return EVP_sha256();
  return algorithm.ends_with("384") ? EVP_sha384() : EVP_sha512();
}

// r‖s of fixed width (RFC 7518 §3.4) as the DER that OpenSSL verifies; empty when it has another
// width.
Bytes ToDer(const Bytes& raw, std::size_t half) {
  if (raw.size() != 2 * half) return {};
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> signature(ECDSA_SIG_new(),
                                                                        &ECDSA_SIG_free);
  const int size = static_cast<int>(half);
  BIGNUM* r = BN_bin2bn(raw.data(), size, nullptr);
  BIGNUM* s = BN_bin2bn(raw.data() + half, size, nullptr);
  ECDSA_SIG_set0(signature.get(), r, s);
  Bytes der(static_cast<std::size_t>(i2d_ECDSA_SIG(signature.get(), nullptr)));
  unsigned char* out = der.data();
  i2d_ECDSA_SIG(signature.get(), &out);
  return der;
}

Outcome<Json> ParseHeader(const Bytes& octets) {
  Json header = Json::parse(octets.begin(), octets.end(), nullptr, /*allow_exceptions=*/false);
  if (!header.is_object()) return Malformed("the protected header is no JSON object");
  if (header.contains("crit") || header.contains("b64")) {
    return Malformed("the protected header asks for an extension");
  }
  if (StringAt(header, "alg") == nullptr) return Malformed("the protected header has no \"alg\"");
  return header;
}

}  // namespace

Outcome<Jws> ParseJws(std::string_view body) {
  return JwsFromJson(Json::parse(body, nullptr, /*allow_exceptions=*/false));
}

Outcome<Jws> JwsFromJson(const Json& json) {
  const std::string* header_text = StringAt(json, "protected");
  const std::string* payload_text = StringAt(json, "payload");
  const std::string* signature_text = StringAt(json, "signature");
  if (header_text == nullptr || payload_text == nullptr || signature_text == nullptr) {
    return Malformed("not a JWS in flattened JSON serialization");
  }
  if (json.contains("header") || json.contains("signatures")) {
    return Malformed("the JWS has an unprotected header or several signatures");
  }
  const auto header_octets = FromBase64Url(*header_text);
  const auto payload = FromBase64Url(*payload_text);
  auto signature = FromBase64Url(*signature_text);
  if (!header_octets || !payload || !signature) return Malformed("not base64url without padding");
  auto header = ParseHeader(*header_octets);
  if (!header) return header.problem();
  Jws jws;
  jws.algorithm = *StringAt(*header, "alg");
  jws.header = std::move(*header);
  jws.payload = AsText(*payload);
  jws.signing_input = *header_text + "." + *payload_text;
  jws.signature = *std::move(signature);
  return jws;
}

bool VerifySignature(const Jws& jws, const PublicJwk& key) {
  if (jws.algorithm != key.algorithm) return false;
  const Bytes signature = key.half == 0 ? jws.signature : ToDer(jws.signature, key.half);
  if (signature.empty()) return false;
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  const auto* input = reinterpret_cast<const unsigned char*>(jws.signing_input.data());
  return EVP_DigestVerifyInit(context.get(), nullptr, DigestOf(jws.algorithm), nullptr,
                              key.key.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), input,
                          jws.signing_input.size()) == 1;
}

bool VerifyMac(const Jws& jws, ByteView secret) {
  if (jws.algorithm != "HS256" && jws.algorithm != "HS384" && jws.algorithm != "HS512") {
    return false;
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  HMAC(DigestOf(jws.algorithm), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(jws.signing_input.data()), jws.signing_input.size(),
       mac.data(), &size);
  return jws.signature.size() == size && CRYPTO_memcmp(jws.signature.data(), mac.data(), size) == 0;
}

}  // namespace certbroker::scripted_ca
