// service/identity/agent_ca_keeper.h: the life of agent CAs: the first one by itself, the others by
// operators.
#pragma once

#include <string>

#include "core/clock.h"
#include "core/log.h"
#include "core/ports/agent_ca_store.h"
#include "core/random.h"
#include "core/result.h"
#include "service/identity/agent_registry.h"
#include "service/identity/identity_issuer.h"

namespace certbroker::identity {

// Thread-safe; blocks for database and HSM.
class AgentCaKeeper {
 public:
  struct Deps {
    AgentCaStore& cas;
    AgentRegistry& registry;
    FindAgentCaSigner find_signer;
    Clock& clock;
    Random& random;
    Log& log;
  };
  AgentCaKeeper(Deps deps, std::string trust_domain)
      : deps_(std::move(deps)), trust_domain_(std::move(trust_domain)) {}

  // Where there is no agent CA at all: makes one with the key at `key_uri`, active at once. Of
  // several replicas that do so at the same time one makes it. Errors: as the signer.
  Result<void> EnsureFirst(const std::string& key_uri);

  // Another one, with a key of its own. kAlreadyExists (that key), and as the signer.
  Result<KnownCa> Prepare(const std::string& key_uri);
  // As AgentCaStore::SetState.
  Result<KnownCa> SetState(const AgentCaId& id, AgentCaState state);

 private:
  Result<void> RefuseKnownKey(const KnownCa& made) const;
  Result<AgentCa> Make(const std::string& key_uri, AgentCaState state);

  const Deps deps_;
  const std::string trust_domain_;
};

}  // namespace certbroker::identity
