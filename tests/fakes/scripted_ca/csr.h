// tests/fakes/scripted_ca/csr.h: what a certificate signing request asks for.
#pragma once

#include <memory>
#include <vector>

#include <openssl/evp.h>

#include "core/bytes.h"
#include "tests/fakes/scripted_ca/identifier.h"

namespace certbroker::scripted_ca {

struct Csr {
  std::shared_ptr<EVP_PKEY> key;
  Bytes key_info;                       // SubjectPublicKeyInfo, as it came
  std::vector<Identifier> identifiers;  // of SAN and common name; sorted, each once
  bool must_staple = false;
};

// badCSR: not DER, a signature that its own key did not make, names of other kinds than DNS and IP,
// keys that the web PKI does not take (RSA below 2048 bits, curves besides P-256 and P-384).
Outcome<Csr> ParseCsr(ByteView der);

}  // namespace certbroker::scripted_ca
