#include "tests/support/made_key.h"

#include <map>
#include <memory>

#include <openssl/ec.h>
#include <openssl/rsa.h>

#include "core/check.h"

namespace certbroker {
namespace {

struct KeyDeleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

EVP_PKEY* Make(pki::KeyType type) {
  switch (type) {
    case pki::KeyType::kEcP256:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
    case pki::KeyType::kEcP384:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384");
    case pki::KeyType::kRsa2048:
      return EVP_RSA_gen(2048U);
    case pki::KeyType::kRsa3072:
      return EVP_RSA_gen(3072U);
    case pki::KeyType::kRsa4096:
      return EVP_RSA_gen(4096U);
  }
  return nullptr;
}

}  // namespace

EVP_PKEY* MadeKey(pki::KeyType type) {
  static std::map<pki::KeyType, std::unique_ptr<EVP_PKEY, KeyDeleter>> keys;
  auto& key = keys[type];
  if (!key) key.reset(Make(type));
  CERTBROKER_CHECK(key != nullptr);
  return key.get();
}

}  // namespace certbroker
