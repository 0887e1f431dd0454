#include "pki/hmac.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "core/check.h"

namespace certbroker::pki {
namespace {

const EVP_MD* Algorithm(HmacHash hash) {
  switch (hash) {
    case HmacHash::kSha256:
      return EVP_sha256();
    case HmacHash::kSha384:
      return EVP_sha384();
    case HmacHash::kSha512:
      return EVP_sha512();
  }
  CERTBROKER_CHECK(false);
}

}  // namespace

std::size_t MacSize(HmacHash hash) {
  return static_cast<std::size_t>(EVP_MD_get_size(Algorithm(hash)));
}

Bytes Hmac(HmacHash hash, const Secret& key, ByteView octets) {
  const ByteView secret = AsBytes(key.ExposeForUse());
  Bytes mac(MacSize(hash));
  unsigned int size = 0;
  CERTBROKER_CHECK(HMAC(Algorithm(hash), secret.data(), static_cast<int>(secret.size()),
                        octets.data(), octets.size(), mac.data(), &size) != nullptr);
  CERTBROKER_CHECK(size == mac.size());
  return mac;
}

}  // namespace certbroker::pki
