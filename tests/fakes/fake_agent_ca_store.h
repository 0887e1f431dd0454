// tests/fakes/fake_agent_ca_store.h: AgentCaStore in memory.
#pragma once

#include <vector>

#include "core/ports/agent_ca_store.h"
#include "tests/fakes/fake_tables.h"

namespace certbroker::fakes {

class FakeAgentCaStore final : public AgentCaStore {
 public:
  explicit FakeAgentCaStore(Tables& tables) : tables_(tables) {}

  Result<std::vector<AgentCa>> All() override;
  Result<void> Add(const AgentCa& ca) override;
  Result<AgentCa> SetState(const AgentCaId& id, AgentCaState state) override;

 private:
  Tables& tables_;
};

}  // namespace certbroker::fakes
