#include "tests/fakes/fake_challenge_board.h"

#include "tests/fakes/fake_order_queue.h"

namespace certbroker::fakes {
namespace {

// False: the report comes too late, or says nothing new.
bool Apply(OrderRow& row, Authorization& challenge, ChallengeOutcome outcome,
           const std::string& detail) {
  Presentation& now = challenge.presentation;
  const bool wanted =
      now == Presentation::kWanted || now == Presentation::kServing || now == Presentation::kFailed;
  if (outcome == ChallengeOutcome::kRemoved) {
    if (now != Presentation::kUnwanted) return false;
    now = Presentation::kRemoved;
    challenge.presentation_error.clear();
    return true;
  }
  if (!wanted) return false;
  if (outcome == ChallengeOutcome::kHit) return row.hit_tokens.insert(challenge.token).second;
  const bool failed = outcome == ChallengeOutcome::kFailed;
  const Presentation next = failed ? Presentation::kFailed : Presentation::kServing;
  if (now == next) return false;
  now = next;
  challenge.presentation_error = failed ? Printable(detail, 4096) : "";
  return true;
}

}  // namespace

Result<std::vector<ChallengeTask>> FakeChallengeBoard::TasksFor(const AgentId& agent) {
  return tables_.Call<std::vector<ChallengeTask>>([&](State& state) {
    std::vector<ChallengeTask> tasks;
    for (const auto& [key, row] : state.challenges) {
      const Authorization& a = row.authorization;
      if (state.orders.at(key.order).order.agent != agent || a.solver != kAgentSolver) continue;
      const bool remove = a.presentation == Presentation::kUnwanted;
      if (!remove && a.presentation != Presentation::kWanted) continue;
      tasks.push_back({.order = key.order,
                       .type = a.challenge_type,
                       .name = a.name->ToString(),
                       .token = a.token,
                       .key_authorization = a.key_authorization,
                       .remove = remove});
    }
    return tasks;
  });
}

Result<void> FakeChallengeBoard::Report(const AgentId& agent, OrderId order,
                                        const std::string& token, ChallengeOutcome outcome,
                                        const std::string& detail) {
  return tables_.Call<void>([&](State& state) -> Result<void> {
    const auto row = state.orders.find(order);
    if (row != state.orders.end() && row->second.order.agent == agent && !token.empty()) {
      bool known = false;
      // The newest attempt first; only what is to come down may be of an earlier one.
      for (auto entry = state.challenges.rbegin(); entry != state.challenges.rend(); ++entry) {
        auto& [key, challenge] = *entry;
        const Authorization& a = challenge.authorization;
        if (key.order != order || a.token != token || a.solver != kAgentSolver) continue;
        known = true;
        if (outcome == ChallengeOutcome::kRemoved && a.presentation != Presentation::kUnwanted)
          continue;
        if (!Apply(row->second, challenge.authorization, outcome, detail)) return {};
        state.Tell(Channel::kOrder, order.ToString());
        if (outcome != ChallengeOutcome::kRemoved) WakeOrder(state, order);
        return {};
      }
      if (known) return {};
    }
    return Error(Reason::kNotFound, "there is no such challenge of this agent");
  });
}

}  // namespace certbroker::fakes
