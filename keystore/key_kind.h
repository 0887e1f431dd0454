// keystore/key_kind.h: the kinds of account keys that certbroker makes and signs with (RFC 7518
// §3.3, §3.4): those that public CAs take.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/bytes.h"

namespace certbroker::keystore {

enum class KeyKind : std::uint8_t { kEcP256, kEcP384, kRsa2048, kRsa3072 };

inline constexpr auto kAllKeyKinds =
    std::to_array({KeyKind::kEcP256, KeyKind::kEcP384, KeyKind::kRsa2048, KeyKind::kRsa3072});

// "ES256", "ES384", "RS256" (2048 bits), "RS256-3072": as the command line spells them.
std::string_view ToString(KeyKind kind);
std::optional<KeyKind> KeyKindFromName(std::string_view name);

bool IsRsa(KeyKind kind);
// RSA: of the modulus. EC: of one coordinate.
std::size_t BitsOf(KeyKind kind);
// EC: r‖s, both as long as a coordinate; RSA: as long as the modulus.
std::size_t SignatureOctets(KeyKind kind);

// What is signed: SHA-384 for P-384, else SHA-256; in software.
Bytes DigestFor(KeyKind kind, ByteView text);
std::size_t DigestOctets(KeyKind kind);
Bytes Sha256(ByteView octets);

}  // namespace certbroker::keystore
