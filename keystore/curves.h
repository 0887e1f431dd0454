// keystore/curves.h: named curves as CKA_EC_PARAMS has them: DER object identifiers.
#pragma once

#include <array>
#include <cstdint>

namespace certbroker::keystore {

// secp256r1, RFC 5480 §2.1.1.1: 1.2.840.10045.3.1.7.
inline constexpr auto kP256Oid =
    std::to_array<std::uint8_t>({0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07});

// secp384r1: 1.3.132.0.34.
inline constexpr auto kP384Oid =
    std::to_array<std::uint8_t>({0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22});

}  // namespace certbroker::keystore
