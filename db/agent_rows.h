// db/agent_rows.h: agents and join tokens as their rows.
#pragma once

#include <optional>

#include "core/agent.h"
#include "core/ports/agent_store.h"
#include "core/result.h"
#include "db/transaction.h"

namespace certbroker::db {

Agent AgentFrom(const Row& row);
JoinToken JoinTokenFrom(const Row& row);

// The agent's row, removed or not; nobody else changes it until this transaction ends.
struct LockedAgent {
  Agent agent;
  bool removed = false;
};
Result<std::optional<LockedAgent>> LockAgent(Transaction& tx, const AgentId& id);
// As LockAgent; one that never was has a row from now on, and is removed.
Result<LockedAgent> MakeOrLockAgent(Transaction& tx, const AgentId& id);

// kNotFound.
Result<Agent> ReadAgent(Transaction& tx, const AgentId& id);
Error NoSuchAgent(const AgentId& id);

// An agent's row has changed: tells who listens.
void TellOfAgent(Transaction& tx, const AgentId& id);
// Its standing has, too: tells, and gives the change its number. The last statement of its
// transaction, because other changes wait for its commit.
Result<void> NumberAgentChange(Transaction& tx, const AgentId& id);

}  // namespace certbroker::db
