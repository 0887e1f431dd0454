// pki/digest.h: SHA-256, for fingerprints of keys and certificates, thumbprints and key
// authorizations.
#pragma once

#include "core/bytes.h"

namespace certbroker::pki {

// 32 octets. Thread-safe; cannot fail short of running out of memory.
Bytes Sha256(ByteView octets);

}  // namespace certbroker::pki
