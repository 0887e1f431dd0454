// keystore/x509_signature.h: a token's signature in the form that X.509 has for it.
#pragma once

#include "core/bytes.h"
#include "keystore/key_kind.h"

namespace certbroker::keystore {

// `signature`: of SignatureOctets(kind) octets, as a token makes it. EC: r‖s becomes the DER
// ECDSA-Sig-Value of RFC 3279 §2.2.3; RSA: as it is.
Bytes X509Signature(KeyKind kind, ByteView signature);

}  // namespace certbroker::keystore
