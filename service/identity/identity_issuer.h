// service/identity/identity_issuer.h: makes agents' identity certificates: against a join token,
// and against the identity before.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "core/clock.h"
#include "core/log.h"
#include "core/ports/agent_ca_signer.h"
#include "core/ports/agent_store.h"
#include "core/random.h"
#include "core/result.h"
#include "service/identity/agent_registry.h"

namespace certbroker::identity {

// The signer of a CA's key, by its PKCS#11 URI. kHsmUnavailable, kHsmKeyMissing, kHsmKeyRefused.
using FindAgentCaSigner = std::function<Result<std::shared_ptr<AgentCaSigner>>(const std::string&)>;

struct IssuedIdentity {
  AgentId agent;
  std::string certificate_pem;
  Time expire_time;
  Time renew_time;  // half of the lifetime: from then on the agent asks for the next one
};

// Thread-safe; blocks for database and HSM. Nothing is lost when one of them fails in between: the
// host asks again and gets another number.
class IdentityIssuer {
 public:
  struct Deps {
    AgentStore& agents;
    AgentRegistry& registry;
    FindAgentCaSigner find_signer;
    Clock& clock;
    Random& random;
    Log& log;
  };
  IdentityIssuer(Deps deps, std::string trust_domain, std::chrono::milliseconds lifetime)
      : deps_(std::move(deps)), trust_domain_(std::move(trust_domain)), lifetime_(lifetime) {}

  // Errors: as AgentStore::Redeem and the CSR's (kCsrInvalid, kKeyTypeNotAllowed) · kHsmUnavailable
  // (also while there is no active agent CA) ·
  // kConfigInvalid (the active one is of another trust domain, or has expired).
  Result<IssuedIdentity> Enroll(const JoinTokenId& token, ByteView secret, ByteView csr_der) const;
  // `agent` showed its identity `shown`. Errors: as AgentStore::Renew, and as above.
  Result<IssuedIdentity> Renew(const AgentId& agent, IdentityNumber shown, ByteView csr_der) const;

 private:
  struct Authority {
    KnownCa ca;
    std::shared_ptr<AgentCaSigner> signer;
  };
  Result<Authority> ActiveAuthority() const;
  Result<IssuedIdentity> Sign(const Authority& authority, const NewIdentity& identity,
                              const Bytes& spki) const;

  const Deps deps_;
  const std::string trust_domain_;
  const std::chrono::milliseconds lifetime_;
};

}  // namespace certbroker::identity
