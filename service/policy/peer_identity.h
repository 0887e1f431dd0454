// service/policy/peer_identity.h: who a TLS peer is. Nobody else makes an AgentId from what a peer
// sent.
#pragma once

#include "core/ids.h"
#include "core/result.h"
#include "pki/certificate.h"

namespace certbroker::policy {

// `certificate`: the peer's; TLS has proven that the peer has its key. Whether it leads to a CA
// that may name agents and whether its dates hold is for the caller to see.
//
// The identity is the certificate's only URI name, octet for octet, if it is an agent's
// (AgentUriProblem), the certificate is for client authentication (extendedKeyUsage names
// clientAuth; "any purpose" and no purpose at all are not enough) and is no CA's. Common name, DNS
// names and everything else identify nobody: they have been confused often enough (T7).
//
// kIdentityInvalid with the reason. Thread-safe; no I/O.
Result<AgentId> AgentIdentity(const pki::Certificate& certificate);

}  // namespace certbroker::policy
