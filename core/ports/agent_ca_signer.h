// core/ports/agent_ca_signer.h: the key of an agent CA, wherever it lives. It signs certificates
// that it builds itself, and nothing else.
#pragma once

#include <string>

#include "core/agent.h"
#include "core/bytes.h"
#include "core/clock.h"
#include "core/result.h"

namespace certbroker {

// The CA's own, self-signed certificate.
struct AgentCaProfile {
  std::string trust_domain;  // SPIFFE-ID §2: "example.org"
  Bytes serial_random;       // 16 octets
  Time not_before;
  Time not_after;
};

// An agent's client certificate: one URI name, clientAuth, no CA.
struct AgentCertificateProfile {
  AgentId agent;
  Bytes spki;  // SubjectPublicKeyInfo of the agent's key, DER
  IdentityNumber number = 0;
  Bytes serial_random;  // 8 octets; the serial is the number's 8 octets and these
  Time not_before;
  Time not_after;
};

// Thread-safe; blocks for one HSM round trip, never past `deadline`. Errors as Signer::Sign;
// kInvalidArgument for a profile that makes no certificate.
class AgentCaSigner {
 public:
  virtual ~AgentCaSigner() = default;
  // DER. basicConstraints CA:TRUE pathlen 0, keyUsage keyCertSign and cRLSign, one URI name
  // spiffe://<trust domain> (X509-SVID §3.1), subject key identifier (RFC 5280 §4.2.1.2).
  virtual Result<Bytes> SignCa(const AgentCaProfile& profile, SteadyTime deadline) = 0;
  // DER. `ca`: the CA's certificate as SignCa made it, with this key. kInvalidArgument when it has
  // another one, or when the agent's certificate would outlive it.
  virtual Result<Bytes> SignAgent(const Bytes& ca, const AgentCertificateProfile& profile,
                                  SteadyTime deadline) = 0;
};

}  // namespace certbroker
