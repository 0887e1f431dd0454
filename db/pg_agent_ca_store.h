// db/pg_agent_ca_store.h: AgentCaStore on Postgres.
#pragma once

#include <vector>

#include "core/ports/agent_ca_store.h"

namespace certbroker::db {

class ConnectionPool;

class PgAgentCaStore final : public AgentCaStore {
 public:
  explicit PgAgentCaStore(ConnectionPool& pool) : pool_(pool) {}  // outlives it

  Result<std::vector<AgentCa>> All() override;
  Result<void> Add(const AgentCa& ca) override;
  Result<AgentCa> SetState(const AgentCaId& id, AgentCaState state) override;

 private:
  ConnectionPool& pool_;
};

}  // namespace certbroker::db
