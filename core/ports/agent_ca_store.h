// core/ports/agent_ca_store.h: the agent CAs that there are and have been.
#pragma once

#include <vector>

#include "core/agent.h"
#include "core/result.h"

namespace certbroker {

// Thread-safe; blocks. kDatabaseUnavailable.
class AgentCaStore {
 public:
  virtual ~AgentCaStore() = default;

  // Oldest first; a handful.
  virtual Result<std::vector<AgentCa>> All() = 0;
  // Its id, state (kPrepared or kActive), key_uri and certificate. kActive only as the very first:
  // when there is one already (another replica was faster) nothing is stored. kAlreadyExists: a CA
  // of that key exists.
  virtual Result<void> Add(const AgentCa& ca) = 0;
  // The transitions of core/agent.h: PREPARED → ACTIVE (the active one becomes RETIRED in the same
  // moment), RETIRED → TAINTED, PREPARED, RETIRED or TAINTED → REVOKED. To be what it is already is
  // no error. Errors: kNotFound · kAgentCaStateConflict (any other).
  virtual Result<AgentCa> SetState(const AgentCaId& id, AgentCaState state) = 0;
};

}  // namespace certbroker
