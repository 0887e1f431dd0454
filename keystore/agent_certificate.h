// keystore/agent_certificate.h: the two forms of certificates that an agent CA's key signs. There
// is no third.
//
// Not for use outside of keystore/.
#pragma once

#include "core/ports/agent_ca_signer.h"
#include "core/result.h"
#include "keystore/public_key.h"
#include "keystore/unsigned_certificate.h"

namespace certbroker::keystore {

// As AgentCaSigner::SignCa, for this key. The subject is "O=<trust domain>, CN=certbroker agent
// CA". kInvalidArgument: no trust domain (SPIFFE-ID §2.1: [a-z0-9._-], up to 255 octets), no
// validity, or not 16 octets for the serial, or all of them zero.
Result<UnsignedCertificate> MakeCaCertificate(const AgentCaProfile& profile, const PublicKey& key);

// As AgentCaSigner::SignAgent, for this CA key. The subject is "CN=<last path segment>".
// kInvalidArgument: `ca` is not MakeCaCertificate's with this key, signed; the agent is not of its
// trust domain; a number below 1, not 8 octets beside it; no validity, or one that ends after the
// CA's. kKeyTypeNotAllowed: the agent's key, see keystore/certified_key.h.
Result<UnsignedCertificate> MakeAgentCertificate(ByteView ca,
                                                 const AgentCertificateProfile& profile,
                                                 const PublicKey& ca_key);

}  // namespace certbroker::keystore
