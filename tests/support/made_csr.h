// tests/support/made_csr.h: CSRs for tests, made with OpenSSL.
#pragma once

#include <string>
#include <vector>

#include "core/bytes.h"
#include "pki/key_type.h"

namespace certbroker {

// A well-formed, self-signed CSR (DER) with an empty subject and these DNS names.
Bytes MadeCsr(const std::vector<std::string>& names, pki::KeyType key = pki::KeyType::kEcP256);

}  // namespace certbroker
