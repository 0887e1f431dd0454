// pki/hmac.h: HMAC (RFC 2104) with the hashes of JWS (RFC 7518 §3.2).
#pragma once

#include <cstddef>

#include "core/bytes.h"
#include "core/secret.h"

namespace certbroker::pki {

enum class HmacHash { kSha256, kSha384, kSha512 };

// Of the hash, and so of the MAC and of the shortest key that is as good as it: 32, 48, 64.
std::size_t MacSize(HmacHash hash);

// The MAC, whole. `key` may have any length; whether it is long enough is the caller's to say.
// Thread-safe; cannot fail short of running out of memory.
Bytes Hmac(HmacHash hash, const Secret& key, ByteView octets);

}  // namespace certbroker::pki
