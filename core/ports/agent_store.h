// core/ports/agent_store.h: agents, the tokens that they join with, and which of their identities
// count.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/agent.h"
#include "core/page.h"
#include "core/request_key.h"
#include "core/result.h"

namespace certbroker {

// An agent asks to be let in with a token, for this key.
struct Redemption {
  JoinTokenId token;
  Bytes secret_sha256;
  Bytes spki_sha256;  // of the key that the identity is for
};

struct NewIdentity {
  AgentId agent;
  IdentityNumber number = 0;
  Time now;          // the database's
  Time expire_time;  // now + lifetime
};

// What everybody who judges a peer keeps in memory: one row per agent, removed ones too.
struct AgentStanding {
  AgentId agent;
  AgentState state = AgentState::kActive;
  std::string ban_reason = {};  // while banned; the agent is told
  bool removed = false;         // no such agent any more
  IdentityNumber used_identity = 0;
};

struct Standings {
  std::vector<AgentStanding> agents;
  std::int64_t change = 0;  // to be given to the next call
};

// Thread-safe; blocks. kDatabaseUnavailable.
class AgentStore {
 public:
  virtual ~AgentStore() = default;

  // The token's id, agent, secret_sha256; expires after `lifetime`. Errors: kDuplicateRequestId.
  virtual Result<JoinToken> CreateToken(const JoinToken& token, std::chrono::milliseconds lifetime,
                                        const RequestKey& request) = 0;
  // Newest first, used and expired ones too.
  virtual Result<Page<JoinToken>> ListTokens(const PageRequest& page) = 0;
  // It lets nobody in any more, as if it had never been. kNotFound.
  virtual Result<void> DeleteToken(const JoinTokenId& id) = 0;

  // Lets the token's agent in: the agent exists and has a new identity number, the token is used by
  // this key. Of any number of callers with different keys exactly one wins; the winner may ask
  // again until the token expires (its answer may have been lost), and is given a new number.
  // Errors: kJoinTokenInvalid (unknown, deleted, expired, or another secret: not told apart) ·
  // kJoinTokenUsed (by another key) · kAgentBanned.
  virtual Result<NewIdentity> Redeem(const Redemption& redemption,
                                     std::chrono::milliseconds lifetime) = 0;
  // The next identity of an agent that shows the one numbered `shown`. Errors: kAgentBanned ·
  // kAgentNotEnrolled (no such agent) · kIdentitySuperseded (a newer one than `shown` is in use).
  virtual Result<NewIdentity> Renew(const AgentId& agent, IdentityNumber shown,
                                    std::chrono::milliseconds lifetime) = 0;
  // The agent was seen to use its identity `number`: older ones count no more. Not an error when a
  // newer one does already, or when the agent is gone.
  virtual Result<void> RecordUse(const AgentId& agent, IdentityNumber number) = 0;

  virtual Result<Agent> Get(const AgentId& id) = 0;  // kNotFound
  // By id.
  virtual Result<Page<Agent>> List(const PageRequest& page) = 0;
  // Banned with that reason, or active again. An agent that is known by a certificate of a CA of
  // the operator's, and so has no row, can be banned too: that makes one. kNotFound: to be unbanned
  // and not there.
  virtual Result<Agent> SetState(const AgentId& id, AgentState state,
                                 const std::string& ban_reason) = 0;
  // Identities of its past count no more, also when it joins again; its tokens that nobody has used
  // expire; its certificates stay. kNotFound.
  virtual Result<void> Remove(const AgentId& id) = 0;

  // Every standing that changed after `change` (0: all there are), in any order. A change may be
  // told twice, none is left out.
  virtual Result<Standings> ChangedSince(std::int64_t change) = 0;
};

}  // namespace certbroker
