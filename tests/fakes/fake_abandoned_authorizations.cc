#include "tests/fakes/fake_abandoned_authorizations.h"

#include <algorithm>

namespace certbroker::fakes {
namespace {

constexpr std::chrono::seconds kNotAtOnce{10};

bool IsInUse(const State& state, const AbandonedAuthorization& abandoned) {
  return std::ranges::any_of(state.challenges, [&](const auto& entry) {
    const auto& [key, row] = entry;
    const Order& order = state.orders.at(key.order).order;
    const bool same = key.order == abandoned.order && key.attempt == abandoned.attempt;
    return !same && row.authorization.url == abandoned.url && !IsTerminal(order.state) &&
           order.attempt == key.attempt;
  });
}

bool IsBeingPlaced(const State& state, const AbandonedRow& row) {
  return std::ranges::any_of(state.orders, [&](const auto& entry) {
    const Order& other = entry.second.order;
    const bool placing = other.state == OrderState::kQueued || other.state == OrderState::kPlaced;
    return placing && other.account == row.authorization.account &&
           std::ranges::find_first_of(other.names, row.names) != other.names.end();
  });
}

}  // namespace

void AbandonAuthorizations(State& state, const Order& order, std::optional<int> attempt) {
  for (const auto& [key, row] : state.challenges) {
    const AuthorizationStatus status = row.authorization.status;
    const bool pending =
        status == AuthorizationStatus::kPending || status == AuthorizationStatus::kUnknown;
    if (key.order != order.id || !pending || (attempt && key.attempt >= *attempt)) continue;
    if (row.authorization.expires && *row.authorization.expires <= state.now) continue;
    if (state.abandoned.contains(key)) continue;
    AbandonedRow& abandoned = state.abandoned[key];
    abandoned.authorization = {.order = key.order,
                               .attempt = key.attempt,
                               .position = key.position,
                               .account = row.account,
                               .url = row.authorization.url,
                               .fence = {}};
    abandoned.names = order.names;
    abandoned.lease.next_attempt = state.now + kNotAtOnce;
  }
}

Result<LeasedAbandoned> FakeAbandonedAuthorizations::LeaseAbandoned(const LeaseRequest& request) {
  return tables_.Call<LeasedAbandoned>([&](State& state) -> Result<LeasedAbandoned> {
    std::map<ChallengeRowKey, AbandonedRow> free;
    for (const auto& [key, row] : state.abandoned) {
      if (row.outcome.empty() && !IsBeingPlaced(state, row)) free.emplace(key, row);
    }
    LeasedAbandoned leased;
    for (const AbandonedRow* row : LeaseDue(free, request, state.now)) {
      const AbandonedAuthorization& one = row->authorization;
      AbandonedRow& stored = state.abandoned.at({one.order, one.attempt, one.position});
      stored.lease = row->lease;
      leased.authorizations.push_back(one);
      leased.authorizations.back().fence = row->lease.fence;
      leased.authorizations.back().in_use = IsInUse(state, one);
    }
    return leased;
  });
}

Result<void> FakeAbandonedAuthorizations::Commit(const AbandonedCommit& commit) {
  return tables_.Call<void>([&](State& state) -> Result<void> {
    const AbandonedAuthorization& one = commit.authorization;
    const auto row = state.abandoned.find({one.order, one.attempt, one.position});
    if (row == state.abandoned.end() || row->second.lease.fence != one.fence ||
        !row->second.outcome.empty()) {
      return Error(Reason::kLeaseLost, "the authorization was taken over");
    }
    row->second.outcome = commit.outcome;
    row->second.authorization.failures = one.failures;
    row->second.lease.GiveBack(state.now + commit.due_in);
    return {};
  });
}

}  // namespace certbroker::fakes
