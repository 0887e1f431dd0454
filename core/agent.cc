#include "core/agent.h"

#include <algorithm>
#include <array>
#include <utility>

namespace certbroker {
namespace {

constexpr auto kAgentStates = std::to_array<std::pair<AgentState, std::string_view>>(
    {{AgentState::kActive, "ACTIVE"}, {AgentState::kBanned, "BANNED"}});
constexpr auto kAgentCaStates =
    std::to_array<std::pair<AgentCaState, std::string_view>>({{AgentCaState::kPrepared, "PREPARED"},
                                                              {AgentCaState::kActive, "ACTIVE"},
                                                              {AgentCaState::kRetired, "RETIRED"},
                                                              {AgentCaState::kTainted, "TAINTED"},
                                                              {AgentCaState::kRevoked, "REVOKED"}});

template <class Table, class State>
std::string_view NameIn(const Table& table, State state) {
  const auto* found = std::ranges::find(table, state, &Table::value_type::first);
  return found == table.end() ? "UNKNOWN" : found->second;
}

template <class Table>
auto StateIn(const Table& table, std::string_view text) {
  const auto* found = std::ranges::find(table, text, &Table::value_type::second);
  return found == table.end() ? std::nullopt : std::optional(found->first);
}

}  // namespace

std::string_view ToString(AgentState state) { return NameIn(kAgentStates, state); }
std::string_view ToString(AgentCaState state) { return NameIn(kAgentCaStates, state); }
std::optional<AgentState> AgentStateFrom(std::string_view text) {
  return StateIn(kAgentStates, text);
}
std::optional<AgentCaState> AgentCaStateFrom(std::string_view text) {
  return StateIn(kAgentCaStates, text);
}

bool MayFollow(AgentCaState from, AgentCaState to) {
  if (from == to) return true;
  switch (to) {
    case AgentCaState::kPrepared:
      return false;
    case AgentCaState::kActive:
      return from == AgentCaState::kPrepared;
    case AgentCaState::kRetired:
      return from == AgentCaState::kActive;
    case AgentCaState::kTainted:
      return from == AgentCaState::kRetired;
    case AgentCaState::kRevoked:
      return from != AgentCaState::kActive;
  }
  return false;
}

}  // namespace certbroker
