#include "pki/key_type.h"

#include "core/check.h"

namespace certbroker::pki {

std::string_view ToString(KeyType type) {
  switch (type) {
    case KeyType::kEcP256:
      return "ec-p256";
    case KeyType::kEcP384:
      return "ec-p384";
    case KeyType::kRsa2048:
      return "rsa-2048";
    case KeyType::kRsa3072:
      return "rsa-3072";
    case KeyType::kRsa4096:
      return "rsa-4096";
  }
  CERTBROKER_CHECK(false);
}

std::optional<KeyType> KeyTypeFromName(std::string_view name) {
  for (const KeyType type : {KeyType::kEcP256, KeyType::kEcP384, KeyType::kRsa2048,
                             KeyType::kRsa3072, KeyType::kRsa4096}) {
    if (ToString(type) == name) return type;
  }
  return std::nullopt;
}

}  // namespace certbroker::pki
