// tests/fakes/scripted_ca/acme_certificate.h: the certificate that answers tls-alpn-01 (RFC 8737
// §3).
#pragma once

#include <optional>
#include <string>

#include <openssl/x509.h>

#include "core/bytes.h"
#include "tests/fakes/scripted_ca/identifier.h"

namespace certbroker::scripted_ca {

// What is wrong with it, as the end of a sentence; nothing: it has exactly one subjectAltName,
// which is the identifier, and a critical acmeIdentifier that holds `digest`.
std::optional<std::string> FaultOf(const X509& certificate, const Identifier& identifier,
                                   const Bytes& digest);

}  // namespace certbroker::scripted_ca
