// pki/agent_csr.h: a certificate signing request for an agent's identity.
//
// An agent asks for a certificate of its own, whose names the service knows better than the CSR
// does: so nothing matters in it but the key, and that the sender has it. Subject, names and
// attributes are ignored, whatever they are.
#pragma once

#include "core/bytes.h"
#include "core/result.h"
#include "pki/key_type.h"

namespace certbroker::pki {

struct AgentCsr {
  Bytes spki_der;     // SubjectPublicKeyInfo
  Bytes spki_sha256;  // the identity of the key
  KeyType key_type = KeyType::kEcP256;
};

// `der`: PKCS #10 in DER, at most Csr::kMaxBytes. Checked as Csr::Parse does, as far as the
// self-signature. kCsrInvalid, kKeyTypeNotAllowed. Any thread.
Result<AgentCsr> ParseAgentCsr(ByteView der);

}  // namespace certbroker::pki
