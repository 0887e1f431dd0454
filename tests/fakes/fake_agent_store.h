// tests/fakes/fake_agent_store.h: AgentStore in memory.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "core/ports/agent_store.h"
#include "tests/fakes/fake_tables.h"

namespace certbroker::fakes {

class FakeAgentStore final : public AgentStore {
 public:
  explicit FakeAgentStore(Tables& tables) : tables_(tables) {}

  Result<JoinToken> CreateToken(const JoinToken& token, std::chrono::milliseconds lifetime,
                                const RequestKey& request) override;
  Result<Page<JoinToken>> ListTokens(const PageRequest& page) override;
  Result<void> DeleteToken(const JoinTokenId& id) override;
  Result<NewIdentity> Redeem(const Redemption& redemption,
                             std::chrono::milliseconds lifetime) override;
  Result<NewIdentity> Renew(const AgentId& agent, IdentityNumber shown,
                            std::chrono::milliseconds lifetime) override;
  Result<void> RecordUse(const AgentId& agent, IdentityNumber number) override;
  Result<Agent> Get(const AgentId& id) override;
  Result<Page<Agent>> List(const PageRequest& page) override;
  Result<Agent> SetState(const AgentId& id, AgentState state,
                         const std::string& ban_reason) override;
  Result<void> Remove(const AgentId& id) override;
  Result<Standings> ChangedSince(std::int64_t change) override;

 private:
  Tables& tables_;
};

}  // namespace certbroker::fakes
