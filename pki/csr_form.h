// pki/csr_form.h: what holds for every CSR, whatever it asks for: size, encoding, key, signature.
// For pki/csr.cc and pki/agent_csr.cc only.
#pragma once

#include <string_view>

#include "core/bytes.h"
#include "core/result.h"
#include "pki/key_type.h"
#include "pki/openssl_handle.h"

namespace certbroker::pki {

struct SignedRequest {
  ByteView spki;  // SubjectPublicKeyInfo; as long as the DER that it was read from
  KeyType key_type = KeyType::kEcP256;
  X509ReqPtr request;
};

// In this order, cheap before dear: size (Csr::kMaxBytes) · strict DER, nothing behind · the key
// (see CheckPublicKey) · the self-signature with SHA-256, -384 or -512, RSA PKCS #1 v1.5 or ECDSA.
// kCsrInvalid, kKeyTypeNotAllowed. The caller holds an OpenSslErrorScope.
Result<SignedRequest> ReadSignedRequest(ByteView der);

Error CsrInvalid(std::string_view why);  // "the CSR " and why

}  // namespace certbroker::pki
