// pki/public_key.h: whether a certificate key is one that public CAs take and nobody can break.
#pragma once

#include "core/bytes.h"
#include "core/result.h"
#include "pki/key_type.h"

namespace certbroker::pki {

// `spki_der`: a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7), as it stands in a CSR or certificate.
//
// Looks at the octets before any library computes with them: a 16384-bit RSA key costs a verifier
// a thousand times what it costs its sender, and explicit curve parameters have hung OpenSSL
// (CVE-2022-0778). Allowed: EC on the named curves P-256 and P-384, uncompressed; RSA of 2048, 3072
// or 4096 bits with exponent 65537 and a modulus without RsaWeakness. Whether an EC point lies on
// its curve is left to OpenSSL, which checks that when it decodes.
//
// kKeyTypeNotAllowed for every other kind; kCsrInvalid for what is no SubjectPublicKeyInfo.
Result<KeyType> CheckPublicKey(ByteView spki_der);

}  // namespace certbroker::pki
