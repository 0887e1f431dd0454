#include "tests/keystore/odd_key.h"

#include <map>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "core/check.h"
#include "keystore/curves.h"

namespace certbroker::keystore {
namespace {

Bytes FromDer(const Bytes& der, int coordinate) {
  const unsigned char* octets = der.data();
  ECDSA_SIG* const signature = d2i_ECDSA_SIG(nullptr, &octets, static_cast<long>(der.size()));
  CERTBROKER_CHECK(signature != nullptr);
  Bytes both(2 * static_cast<std::size_t>(coordinate));
  BN_bn2binpad(ECDSA_SIG_get0_r(signature), both.data(), coordinate);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature), both.data() + coordinate, coordinate);
  ECDSA_SIG_free(signature);
  return both;
}

}  // namespace

OddKey::OddKey(evp_pkey_st* key, Bytes curve_oid)
    : key_(key, EVP_PKEY_free), curve_oid_(std::move(curve_oid)) {
  CERTBROKER_CHECK(key != nullptr);
}

std::shared_ptr<OddKey> OddKey::Rsa(unsigned long bits) {
  static std::map<unsigned long, std::shared_ptr<OddKey>> made;
  std::shared_ptr<OddKey>& key = made[bits];
  if (key == nullptr) key.reset(new OddKey(EVP_RSA_gen(bits), {}));
  return key;
}

std::shared_ptr<OddKey> OddKey::Ec(const Bytes& curve_oid) {
  const bool p256 = curve_oid == Bytes(kP256Oid.begin(), kP256Oid.end());
  return std::shared_ptr<OddKey>(new OddKey(EVP_EC_gen(p256 ? "P-256" : "P-384"), curve_oid));
}

std::shared_ptr<OddKey> OddKey::P256() { return Ec({kP256Oid.begin(), kP256Oid.end()}); }

Bytes OddKey::Modulus() const {
  BIGNUM* number = nullptr;
  CERTBROKER_CHECK(EVP_PKEY_get_bn_param(key_.get(), OSSL_PKEY_PARAM_RSA_N, &number) == 1);
  Bytes octets(static_cast<std::size_t>(BN_num_bytes(number)));
  BN_bn2bin(number, octets.data());
  BN_free(number);
  return octets;
}

Bytes OddKey::Point() const {
  Bytes point(256);
  std::size_t size = 0;
  CERTBROKER_CHECK(EVP_PKEY_get_octet_string_param(key_.get(), OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY,
                                                   point.data(), point.size(), &size) == 1);
  point.resize(size);
  return point;
}

Bytes OddKey::Sign(ByteView input) const {
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new(key_.get(), nullptr), EVP_PKEY_CTX_free);
  CERTBROKER_CHECK(EVP_PKEY_sign_init(context.get()) == 1);
  // Without a digest set, PKCS#1 padding goes around the input as it is: around a DigestInfo.
  if (rsa()) {
    CERTBROKER_CHECK(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1);
  }
  Bytes signature(512);
  std::size_t size = signature.size();
  CERTBROKER_CHECK(
      EVP_PKEY_sign(context.get(), signature.data(), &size, input.data(), input.size()) == 1);
  signature.resize(size);
  return rsa() ? signature : FromDer(signature, EVP_PKEY_get_bits(key_.get()) / 8);
}

}  // namespace certbroker::keystore
