#include <arpa/inet.h>

#include <array>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "core/check.h"
#include "tests/fakes/scripted_ca/raw_client.h"

namespace certbroker::scripted_ca {
namespace {

std::string NumberOf(const EVP_PKEY* key, const char* name, std::size_t width) {
  BIGNUM* number = nullptr;
  CERTBROKER_CHECK(EVP_PKEY_get_bn_param(key, name, &number) == 1);
  Bytes octets(width == 0 ? static_cast<std::size_t>(BN_num_bytes(number)) : width);
  BN_bn2binpad(number, octets.data(), static_cast<int>(octets.size()));
  BN_free(number);
  return Base64Url(octets);
}

std::size_t HalfOf(const std::string& algorithm) { return algorithm == "ES256" ? 32 : 48; }

// Fixed width, RFC 7518 §3.4.
Bytes ToRaw(const Bytes& der, std::size_t half) {
  const unsigned char* in = der.data();
  ECDSA_SIG* signature = d2i_ECDSA_SIG(nullptr, &in, static_cast<long>(der.size()));
  CERTBROKER_CHECK(signature != nullptr);
  Bytes raw(2 * half);
  BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw.data(), static_cast<int>(half));
  BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw.data() + half, static_cast<int>(half));
  ECDSA_SIG_free(signature);
  return raw;
}

bool IsAddress(const std::string& name) {
  std::array<unsigned char, 16> octets{};
  return ::inet_pton(AF_INET, name.c_str(), octets.data()) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), octets.data()) == 1;
}

void Push(STACK_OF(X509_EXTENSION) * extensions, const char* name, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf(nullptr, nullptr, name, value.c_str());
  CERTBROKER_CHECK(extension != nullptr);
  sk_X509_EXTENSION_push(extensions, extension);
}

}  // namespace

ClientKey::ClientKey(EVP_PKEY* key, std::string algorithm)
    : key_(key, &EVP_PKEY_free), algorithm_(std::move(algorithm)) {
  CERTBROKER_CHECK(key != nullptr);
}

ClientKey ClientKey::P256() {
  return {EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), "ES256"};
}
ClientKey ClientKey::P384() {
  return {EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384"), "ES384"};
}
ClientKey ClientKey::Rsa(unsigned bits) {
  return {EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{bits}), "RS256"};
}

Json ClientKey::Jwk() const {
  if (algorithm_ == "RS256") {
    return {{"kty", "RSA"},
            {"n", NumberOf(key_.get(), OSSL_PKEY_PARAM_RSA_N, 0)},
            {"e", NumberOf(key_.get(), OSSL_PKEY_PARAM_RSA_E, 0)}};
  }
  const std::size_t half = HalfOf(algorithm_);
  return {{"kty", "EC"},
          {"crv", half == 32 ? "P-256" : "P-384"},
          {"x", NumberOf(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X, half)},
          {"y", NumberOf(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, half)}};
}

std::string ClientKey::Thumbprint() const {
  // The JSON library sorts members, which is the order of RFC 7638.
  const std::string canonical = Jwk().dump();
  Bytes digest(SHA256_DIGEST_LENGTH);
  SHA256(reinterpret_cast<const unsigned char*>(canonical.data()), canonical.size(), digest.data());
  return Base64Url(digest);
}

Bytes ClientKey::Sign(const std::string& input) const {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const EVP_MD* digest = algorithm_ == "ES384" ? EVP_sha384() : EVP_sha256();
  CERTBROKER_CHECK(EVP_DigestSignInit(context, nullptr, digest, nullptr, key_.get()) == 1);
  const auto* octets = reinterpret_cast<const unsigned char*>(input.data());
  std::size_t size = 0;
  CERTBROKER_CHECK(EVP_DigestSign(context, nullptr, &size, octets, input.size()) == 1);
  Bytes signature(size);
  CERTBROKER_CHECK(EVP_DigestSign(context, signature.data(), &size, octets, input.size()) == 1);
  EVP_MD_CTX_free(context);
  signature.resize(size);
  return algorithm_ == "RS256" ? signature : ToRaw(signature, HalfOf(algorithm_));
}

Bytes MakeCsr(const ClientKey& key, const std::vector<std::string>& names) {
  return MakeCsr(key, names, {});
}

Bytes MakeCsr(const ClientKey& key, const std::vector<std::string>& names,
              const std::vector<std::pair<std::string, std::string>>& more) {
  std::string alternative;
  for (const std::string& name : names) {
    alternative +=
        (alternative.empty() ? "" : ",") + std::string(IsAddress(name) ? "IP:" : "DNS:") + name;
  }
  X509_REQ* request = X509_REQ_new();
  X509_REQ_set_version(request, X509_REQ_VERSION_1);
  STACK_OF(X509_EXTENSION)* extensions = sk_X509_EXTENSION_new_null();
  if (!names.empty()) Push(extensions, "subjectAltName", alternative);
  for (const auto& [name, value] : more) Push(extensions, name.c_str(), value);
  X509_REQ_add_extensions(request, extensions);
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  X509_REQ_set_pubkey(request, key.get());
  CERTBROKER_CHECK(X509_REQ_sign(request, key.get(), EVP_sha256()) > 0);
  Bytes der(static_cast<std::size_t>(i2d_X509_REQ(request, nullptr)));
  unsigned char* out = der.data();
  i2d_X509_REQ(request, &out);
  X509_REQ_free(request);
  return der;
}

}  // namespace certbroker::scripted_ca
