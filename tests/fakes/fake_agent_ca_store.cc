#include "tests/fakes/fake_agent_ca_store.h"

#include <algorithm>

#include "core/account.h"
#include "core/check.h"

namespace certbroker::fakes {

Result<std::vector<AgentCa>> FakeAgentCaStore::All() {
  return tables_.Call<std::vector<AgentCa>>(
      [](State& state) -> Result<std::vector<AgentCa>> { return state.agent_cas; });
}

Result<void> FakeAgentCaStore::Add(const AgentCa& ca) {
  CERTBROKER_CHECK(ca.state == AgentCaState::kPrepared || ca.state == AgentCaState::kActive);
  return tables_.Call<void>([&](State& state) -> Result<void> {
    if (HoldsPin(ca.key_uri)) return Error(Reason::kInvalidArgument, "the URI holds a PIN");
    const auto same_key = std::ranges::find(state.agent_cas, ca.key_uri, &AgentCa::key_uri);
    if (same_key != state.agent_cas.end() && same_key->id == ca.id) return {};
    const bool is_one_active =
        std::ranges::count(state.agent_cas, AgentCaState::kActive, &AgentCa::state) != 0;
    if (ca.state == AgentCaState::kActive && is_one_active) return {};
    if (same_key != state.agent_cas.end())
      return Error(Reason::kAlreadyExists, "the key is that of another CA");
    state.agent_cas.push_back(ca);
    state.agent_cas.back().create_time = state.now;
    state.Tell(Channel::kAgent);
    return {};
  });
}

Result<AgentCa> FakeAgentCaStore::SetState(const AgentCaId& id, AgentCaState wanted) {
  return tables_.Call<AgentCa>([&](State& state) -> Result<AgentCa> {
    const auto found = std::ranges::find(state.agent_cas, id, &AgentCa::id);
    if (found == state.agent_cas.end()) return Error(Reason::kNotFound, "there is no such CA");
    if (found->state == wanted) return *found;
    if (wanted == AgentCaState::kRetired || !MayFollow(found->state, wanted))
      return Error(Reason::kAgentCaStateConflict, "the CA is not in a state for that");
    const auto active = std::ranges::find(state.agent_cas, AgentCaState::kActive, &AgentCa::state);
    if (wanted == AgentCaState::kActive && active != state.agent_cas.end())
      active->state = AgentCaState::kRetired;
    found->state = wanted;
    state.Tell(Channel::kAgent);
    return *found;
  });
}

}  // namespace certbroker::fakes
