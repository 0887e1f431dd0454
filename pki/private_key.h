// pki/private_key.h: whether a chain and a private key from the operator's disk will do for TLS.
// What a TLS library says of files that will not do is mostly nothing.
#pragma once

#include <string_view>

#include "core/result.h"
#include "pki/certificate.h"

namespace certbroker::pki {

// The first certificate of a PEM file, leaf first; text between the blocks is fine there.
// kConfigInvalid: it holds none, or one that does not decode.
Result<Certificate> LeafOf(std::string_view chain_pem);

// kConfigInvalid: `key_pem` holds no unencrypted private key in PEM, or another key than the
// certificate's. The text quotes nothing of the key.
Result<void> CheckPrivateKey(std::string_view key_pem, const Certificate& certificate);

}  // namespace certbroker::pki
