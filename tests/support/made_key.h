// tests/support/made_key.h: keys for made CSRs and certificates.
#pragma once

#include <openssl/evp.h>

#include "pki/key_type.h"

namespace certbroker {

// Made once per program and kind, so that tables of cases stay fast. Never null.
EVP_PKEY* MadeKey(pki::KeyType type);

}  // namespace certbroker
