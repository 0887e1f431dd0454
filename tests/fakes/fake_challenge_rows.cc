#include "tests/fakes/fake_challenge_rows.h"

namespace certbroker::fakes {
namespace {

bool IsToDo(Presentation presentation) {
  return presentation == Presentation::kWanted || presentation == Presentation::kUnwanted;
}

bool IsUp(Presentation presentation) {
  return presentation == Presentation::kWanted || presentation == Presentation::kSpreading ||
         presentation == Presentation::kServing || presentation == Presentation::kFailed;
}

// The machine says WANTED, UNWANTED and (at once) SERVING; the rest is the solver's, and stays.
Presentation Merged(const Authorization& stored, const Authorization& given) {
  if (!(stored.url == given.url)) return given.presentation;
  const bool first =
      given.presentation == Presentation::kWanted || given.presentation == Presentation::kServing;
  if (stored.presentation == Presentation::kNone && first) return given.presentation;
  if (IsUp(stored.presentation) && given.presentation == Presentation::kUnwanted)
    return Presentation::kUnwanted;
  return stored.presentation;
}

void TellSolver(State& state, const Order& order, const Authorization& authorization) {
  if (authorization.solver == kAgentSolver) {
    state.Tell(Channel::kChallenge, order.agent.ToString());
  } else {
    state.Tell(Channel::kWork);
  }
}

}  // namespace

Order ReadOrder(const State& state, const OrderRow& row) {
  Order read = row.order;
  read.fence = row.lease.fence;
  read.next_attempt_time = row.lease.until ? std::nullopt : row.lease.next_attempt;
  for (const auto& [key, challenge] : state.challenges) {
    if (key.order == read.id && key.attempt == read.attempt)
      read.authorizations.push_back(challenge.authorization);
  }
  return read;
}

void MakeDue(const State& state, ChallengeRow& row, std::chrono::milliseconds in) {
  const Authorization& a = row.authorization;
  const bool work = a.solver != kAgentSolver &&
                    (IsToDo(a.presentation) || a.presentation == Presentation::kSpreading);
  row.lease.next_attempt = work ? std::optional(state.now + in) : std::nullopt;
}

void WriteAuthorizations(State& state, const Order& order) {
  int position = 0;
  for (Authorization given : order.authorizations) {
    const ChallengeRowKey key{order.id, order.attempt, ++position};
    const auto [found, is_new] = state.challenges.try_emplace(key);
    ChallengeRow& row = found->second;
    const Presentation before = row.authorization.presentation;
    const bool other = is_new || !(row.authorization.url == given.url);
    if (!is_new) given.presentation = Merged(row.authorization, given);
    given.presentation_error = other ? "" : row.authorization.presentation_error;
    row.authorization = std::move(given);
    row.account = order.account;
    if (!is_new && before == row.authorization.presentation) continue;
    MakeDue(state, row, {});
    if (IsToDo(row.authorization.presentation)) TellSolver(state, order, row.authorization);
  }
}

void Withdraw(State& state, const Order& order, std::optional<int> attempt) {
  for (auto& [key, row] : state.challenges) {
    if (key.order != order.id || (attempt && key.attempt >= *attempt)) continue;
    if (!IsUp(row.authorization.presentation)) continue;
    row.authorization.presentation = Presentation::kUnwanted;
    MakeDue(state, row, {});
    TellSolver(state, order, row.authorization);
  }
}

}  // namespace certbroker::fakes
