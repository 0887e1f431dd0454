// service/policy/peer_identity.h: who a TLS peer is. Nobody else makes an AgentId from what a peer
// sent.
#pragma once

#include <string_view>

#include "core/ids.h"
#include "core/result.h"
#include "core/time.h"

namespace certbroker::policy {

// `certificate_pem`: the peer's certificate, one PEM block, whose chain, dates and key the TLS
// library has verified already (gRPC hands it over as x509_pem_cert), at the time of the handshake:
// a connection may outlive its certificate, so the dates are asked again (T6).
//
// The identity is the certificate's only URI name, octet for octet, if it is an agent's
// (AgentUriProblem), the certificate is for client authentication (extendedKeyUsage names
// clientAuth; "any purpose" and no purpose at all are not enough) and is no CA's. Common name, DNS
// names and everything else identify nobody: they have been confused often enough (T7).
//
// kIdentityInvalid with the reason. Thread-safe; no I/O.
Result<AgentId> AgentIdentity(std::string_view certificate_pem, Time now);

}  // namespace certbroker::policy
