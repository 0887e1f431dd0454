#include "tests/fakes/fake_agent_store.h"

#include <algorithm>
#include <utility>

namespace certbroker::fakes {
namespace {

Error NoAgent() { return {Reason::kNotFound, "there is no such agent"}; }
Error Banned(const Agent& agent) {
  return {Reason::kAgentBanned, "the agent is banned: " + agent.ban_reason};
}

AgentRow* FindAgent(State& state, const AgentId& id) {
  const auto found = state.agents.find(id);
  return found == state.agents.end() || found->second.removed ? nullptr : &found->second;
}

// One that never was, or was removed, is there from now on.
AgentRow& MakeAgent(State& state, const AgentId& id) {
  AgentRow& row = state.agents[id];
  if (!row.removed) return row;
  row.agent = {.id = id,
               .ban_reason = {},
               .used_identity = row.agent.used_identity,
               .create_time = state.now};
  row.removed = false;
  row.change = ++state.agent_changes;
  return row;
}

NewIdentity IssueTo(State& state, AgentRow& row, std::chrono::milliseconds lifetime) {
  row.agent.identity_expire_time = state.now + lifetime;
  state.Tell(Channel::kAgent, row.agent.id.ToString());
  return {.agent = row.agent.id,
          .number = ++state.identity_numbers,
          .now = state.now,
          .expire_time = *row.agent.identity_expire_time};
}

// A change of what the agent may do.
void Restand(State& state, AgentRow& row) {
  row.change = ++state.agent_changes;
  state.Tell(Channel::kAgent, row.agent.id.ToString());
}

auto FindToken(State& state, const JoinTokenId& id) {
  return std::ranges::find(state.join_tokens, id,
                           [](const JoinTokenRow& row) { return row.token.id; });
}

}  // namespace

Result<JoinToken> FakeAgentStore::CreateToken(const JoinToken& token,
                                              std::chrono::milliseconds lifetime,
                                              const RequestKey& request) {
  return tables_.Call<JoinToken>([&](State& state) -> Result<JoinToken> {
    ASSIGN_OR_RETURN(const auto earlier, FindRequest(state, request));
    if (earlier) {
      const auto found = FindToken(state, JoinTokenId::Parse(*earlier).value());
      if (found != state.join_tokens.end()) return found->token;
      return Error(Reason::kNotFound, "the join token of this request was deleted");
    }
    Remember(state, request, token.id.ToString());
    state.join_tokens.push_back({.token = {.id = token.id,
                                           .agent = token.agent,
                                           .secret_sha256 = token.secret_sha256,
                                           .create_time = state.now,
                                           .expire_time = state.now + lifetime}});
    return state.join_tokens.back().token;
  });
}

Result<Page<JoinToken>> FakeAgentStore::ListTokens(const PageRequest& page) {
  return tables_.Call<Page<JoinToken>>([&](State& state) {
    std::vector<JoinToken> tokens;
    for (const JoinTokenRow& row : state.join_tokens) tokens.push_back(row.token);
    std::ranges::reverse(tokens);
    return PageOf(tokens, page, "join tokens", [](const JoinToken& t) { return t.id.ToString(); });
  });
}

Result<void> FakeAgentStore::DeleteToken(const JoinTokenId& id) {
  return tables_.Call<void>([&](State& state) -> Result<void> {
    const auto found = FindToken(state, id);
    if (found == state.join_tokens.end())
      return Error(Reason::kNotFound, "there is no such join token");
    state.join_tokens.erase(found);
    return {};
  });
}

Result<NewIdentity> FakeAgentStore::Redeem(const Redemption& redemption,
                                           std::chrono::milliseconds lifetime) {
  return tables_.Call<NewIdentity>([&](State& state) -> Result<NewIdentity> {
    const auto found = FindToken(state, redemption.token);
    if (found == state.join_tokens.end() || found->token.expire_time <= state.now ||
        found->token.secret_sha256 != redemption.secret_sha256)
      return Error(Reason::kJoinTokenInvalid, "there is no such join token");
    if (found->token.use_time && found->used_by_spki_sha256 != redemption.spki_sha256)
      return Error(Reason::kJoinTokenUsed, "another key has joined with this token");
    const AgentRow* before = FindAgent(state, found->token.agent);
    if (before != nullptr && before->agent.state == AgentState::kBanned)
      return Banned(before->agent);

    if (!found->token.use_time) found->token.use_time = state.now;
    found->used_by_spki_sha256 = redemption.spki_sha256;
    AgentRow& row = MakeAgent(state, found->token.agent);
    row.agent.join_time = state.now;
    return IssueTo(state, row, lifetime);
  });
}

Result<NewIdentity> FakeAgentStore::Renew(const AgentId& agent, IdentityNumber shown,
                                          std::chrono::milliseconds lifetime) {
  return tables_.Call<NewIdentity>([&](State& state) -> Result<NewIdentity> {
    AgentRow* row = FindAgent(state, agent);
    if (row == nullptr) return Error(Reason::kAgentNotEnrolled, "there is no such agent any more");
    if (row->agent.state == AgentState::kBanned) return Banned(row->agent);
    if (shown < row->agent.used_identity)
      return Error(Reason::kIdentitySuperseded, "a newer identity of the agent is in use");
    return IssueTo(state, *row, lifetime);
  });
}

Result<void> FakeAgentStore::RecordUse(const AgentId& agent, IdentityNumber number) {
  return tables_.Call<void>([&](State& state) -> Result<void> {
    AgentRow* row = FindAgent(state, agent);
    if (row == nullptr || row->agent.used_identity >= number) return {};
    if (number > state.identity_numbers) return {};  // never given out
    row->agent.used_identity = number;
    Restand(state, *row);
    return {};
  });
}

Result<Agent> FakeAgentStore::Get(const AgentId& id) {
  return tables_.Call<Agent>([&](State& state) -> Result<Agent> {
    const AgentRow* row = FindAgent(state, id);
    if (row == nullptr) return NoAgent();
    return row->agent;
  });
}

Result<Page<Agent>> FakeAgentStore::List(const PageRequest& page) {
  return tables_.Call<Page<Agent>>([&](State& state) -> Result<Page<Agent>> {
    // After that id, also when the agent of that id has been removed meanwhile.
    std::string last;
    if (!page.token.empty()) {
      ASSIGN_OR_RETURN(last, ReadPageToken("agents", page.token));
    }
    std::vector<Agent> agents;
    for (const auto& [id, row] : state.agents) {
      if (!row.removed && id.ToString() > last) agents.push_back(row.agent);
    }
    return PageOf(agents, {.size = page.size, .token = {}}, "agents",
                  [](const Agent& a) { return a.id.ToString(); });
  });
}

Result<Agent> FakeAgentStore::SetState(const AgentId& id, AgentState wanted,
                                       const std::string& ban_reason) {
  return tables_.Call<Agent>([&](State& state) -> Result<Agent> {
    const bool ban = wanted == AgentState::kBanned;
    if (!ban && FindAgent(state, id) == nullptr) return NoAgent();
    AgentRow& row = MakeAgent(state, id);
    const std::string reason = ban ? ban_reason : "";
    if (row.agent.state == wanted && row.agent.ban_reason == reason) return row.agent;
    row.agent.state = wanted;
    row.agent.ban_reason = reason;
    Restand(state, row);
    return row.agent;
  });
}

Result<void> FakeAgentStore::Remove(const AgentId& id) {
  return tables_.Call<void>([&](State& state) -> Result<void> {
    AgentRow* row = FindAgent(state, id);
    if (row == nullptr) return NoAgent();
    for (JoinTokenRow& token : state.join_tokens) {
      if (token.token.agent == id)
        token.token.expire_time = std::min(token.token.expire_time, state.now);
    }
    // As a tombstone: above every number that was issued, and none that will be.
    row->agent = {.id = id,
                  .ban_reason = {},
                  .used_identity = std::max(++state.identity_numbers, row->agent.used_identity + 1),
                  .create_time = state.now};
    row->removed = true;
    Restand(state, *row);
    return {};
  });
}

Result<Standings> FakeAgentStore::ChangedSince(std::int64_t change) {
  return tables_.Call<Standings>([&](State& state) -> Result<Standings> {
    Standings standings{.agents = {}, .change = std::max(change, state.agent_changes)};
    for (const auto& [id, row] : state.agents) {
      if (row.change <= change) continue;
      standings.agents.push_back({.agent = id,
                                  .state = row.agent.state,
                                  .ban_reason = row.agent.ban_reason,
                                  .removed = row.removed,
                                  .used_identity = row.agent.used_identity});
    }
    return standings;
  });
}

}  // namespace certbroker::fakes
