// core/agent.h: agents as the service knows them, the tokens that they join with, and the CA that
// makes their identities.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/bytes.h"
#include "core/ids.h"
#include "core/time.h"

namespace certbroker {

// The number of an identity certificate that the service issued: rises with every one, whichever
// agent it is for, and stands in its serial number. Of two identities of an agent the higher one is
// the newer.
using IdentityNumber = std::int64_t;

enum class AgentState { kActive, kBanned };

struct Agent {
  AgentId id;
  AgentState state = AgentState::kActive;
  std::string ban_reason;  // while banned; for people
  // The newest identity that was seen in use; lower ones are refused. A new identity counts from
  // its first use, so an agent that dies while it renews goes on with the old one. 0: none yet.
  IdentityNumber used_identity = 0;
  std::optional<Time> identity_expire_time = {};  // of the newest one issued; none: never joined
  Time create_time;
  std::optional<Time> join_time = {};  // of the last token redeemed
};

using JoinTokenId = UuidId<struct JoinTokenTag>;

// One agent's way in, once. The secret itself is known to who made it and to who pastes it.
struct JoinToken {
  JoinTokenId id;
  AgentId agent;
  Bytes secret_sha256;
  Time create_time;
  Time expire_time;
  std::optional<Time> use_time = {};
};

using AgentCaId = UuidId<struct AgentCaTag>;

// PREPARED: trusted, signs nothing yet. ACTIVE: signs; there is at most one. RETIRED: was active;
// trusted until what it signed has expired. TAINTED: as retired, and agents are told to replace
// what it signed. REVOKED: trusted no more.
enum class AgentCaState { kPrepared, kActive, kRetired, kTainted, kRevoked };

std::string_view ToString(AgentState state);    // "ACTIVE"
std::string_view ToString(AgentCaState state);  // "PREPARED"
std::optional<AgentState> AgentStateFrom(std::string_view text);
std::optional<AgentCaState> AgentCaStateFrom(std::string_view text);

// Whether an agent CA may go from one state to the other; staying is always allowed. ACTIVE →
// RETIRED nobody asks for: it happens when another becomes active.
bool MayFollow(AgentCaState from, AgentCaState to);

struct AgentCa {
  AgentCaId id;
  AgentCaState state = AgentCaState::kPrepared;
  std::string key_uri;  // PKCS#11 (RFC 7512), without a PIN
  Bytes certificate;    // DER, self-signed
  Time create_time;
};

}  // namespace certbroker
