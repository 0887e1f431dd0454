#include "keystore/certified_key.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "keystore/openssl_der.h"

namespace certbroker::keystore {
namespace {

// Before the octets are decoded: what a key can be is short, and what is long costs a verifier.
constexpr std::size_t kLongestSpki = 550;  // RSA-4096
// With an uncompressed point there is one length for each curve.
constexpr std::size_t kP256Spki = 91;
constexpr std::size_t kP384Spki = 120;

Error NotCertified(std::string_view why) {
  return Error(Reason::kKeyTypeNotAllowed,
               fmt::format("the agent's key {}; make one on P-256 or P-384, or RSA with 2048 to "
                           "4096 bits",
                           why));
}

bool IsEcKeyOf(const EVP_PKEY* key, std::string_view curve) {
  std::array<char, 32> name{};
  return EVP_PKEY_get_group_name(key, name.data(), name.size(), nullptr) == 1 &&
         curve == name.data();
}

bool HasExponent65537(const EVP_PKEY* key) {
  BIGNUM* exponent = nullptr;
  const bool is = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1 &&
                  BN_is_word(exponent, RSA_F4) == 1;
  BN_free(exponent);
  return is;
}

std::string_view ComplaintAbout(const EVP_PKEY* key, std::size_t octets) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_EC:
      if (IsEcKeyOf(key, "prime256v1") && octets == kP256Spki) return {};
      if (IsEcKeyOf(key, "secp384r1") && octets == kP384Spki) return {};
      return "is on another curve, or not in uncompressed form";
    case EVP_PKEY_RSA:
      if (EVP_PKEY_get_bits(key) < 2048 || EVP_PKEY_get_bits(key) > 4096) {
        return "is an RSA key of another size";
      }
      if (!HasExponent65537(key)) return "is an RSA key with another exponent than 65537";
      return {};
    default:
      return "is of another kind";
  }
}

}  // namespace

Result<std::shared_ptr<EVP_PKEY>> ReadCertifiedKey(ByteView spki) {
  if (spki.size() > kLongestSpki) return NotCertified("is too long");
  const unsigned char* at = spki.data();
  const std::shared_ptr<EVP_PKEY> key(d2i_PUBKEY(nullptr, &at, static_cast<long>(spki.size())),
                                      EVP_PKEY_free);
  ERR_clear_error();
  // OpenSSL reads BER too, and two readers may take different keys from that.
  if (key == nullptr || !std::ranges::equal(DerOf(i2d_PUBKEY, key.get()), spki)) {
    return NotCertified("is no SubjectPublicKeyInfo in DER, or no point on its curve");
  }
  if (const auto complaint = ComplaintAbout(key.get(), spki.size()); !complaint.empty()) {
    return NotCertified(complaint);
  }
  return key;
}

}  // namespace certbroker::keystore
