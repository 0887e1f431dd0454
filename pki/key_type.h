// pki/key_type.h: the kinds of certificate keys that certbroker lets a CA see.
#pragma once

#include <optional>
#include <string_view>

namespace certbroker::pki {

enum class KeyType { kEcP256, kEcP384, kRsa2048, kRsa3072, kRsa4096 };

// "ec-p256", "ec-p384", "rsa-2048", "rsa-3072", "rsa-4096": as configuration and API spell them.
std::string_view ToString(KeyType type);
std::optional<KeyType> KeyTypeFromName(std::string_view name);

}  // namespace certbroker::pki
