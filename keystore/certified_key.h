// keystore/certified_key.h: the key that an agent wants certified, read with care.
#pragma once

#include <memory>

#include "core/bytes.h"
#include "core/result.h"

struct evp_pkey_st;

namespace certbroker::keystore {

// `spki`: a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) in DER. kKeyTypeNotAllowed: not one, or not
// EC on P-256 or P-384 with an uncompressed point on the curve, or RSA of 2048 to 4096 bits with
// the exponent 65537.
Result<std::shared_ptr<evp_pkey_st>> ReadCertifiedKey(ByteView spki);

}  // namespace certbroker::keystore
