#include "tests/fakes/fake_challenge_queue.h"

#include "tests/fakes/fake_challenge_rows.h"
#include "tests/fakes/fake_order_queue.h"

namespace certbroker::fakes {
namespace {

LeasedChallenge AsLeased(const ChallengeRowKey& key, const ChallengeRow& row) {
  const Authorization& a = row.authorization;
  return {.key = {.order = key.order, .attempt = key.attempt, .position = key.position},
          .fence = row.lease.fence,
          .presentation = a.presentation,
          .type = a.challenge_type,
          .solver = a.solver,
          .name = a.name->ToString(),
          .wildcard = a.wildcard,
          .token = a.token,
          .key_authorization = a.key_authorization,
          .account = row.account,
          .failures = row.failures,
          .spread_until = row.spread_until};
}

bool Wakes(Presentation presentation) {
  return presentation == Presentation::kSpreading || presentation == Presentation::kServing ||
         presentation == Presentation::kFailed;
}

void Write(State& state, ChallengeRow& row, const ChallengeCommit& commit) {
  Presentation& now = row.authorization.presentation;
  const bool came_down = commit.presentation == Presentation::kUnwanted ||
                         commit.presentation == Presentation::kRemoved;
  const bool too_late = now == Presentation::kUnwanted && !came_down;
  if (!too_late) now = commit.presentation;
  row.authorization.presentation_error = Printable(commit.error, 4096);
  row.failures = commit.failures;
  if (!row.spread_until && commit.spread_for) row.spread_until = state.now + *commit.spread_for;
  row.lease.owner.clear();
  row.lease.until.reset();
  MakeDue(state, row, too_late ? std::chrono::milliseconds{0} : commit.due_in);
}

}  // namespace

Result<LeasedChallenges> FakeChallengeQueue::LeaseChallenges(const LeaseRequest& request) {
  return tables_.Call<LeasedChallenges>([&](State& state) -> Result<LeasedChallenges> {
    LeasedChallenges leased;
    for (const ChallengeRow* row : LeaseDue(state.challenges, request, state.now)) {
      for (const auto& [key, candidate] : state.challenges) {
        if (&candidate == row) leased.challenges.push_back(AsLeased(key, *row));
      }
    }
    leased.next_due_in = NextDue(state.challenges, state.now);
    return leased;
  });
}

Result<void> FakeChallengeQueue::CommitChallenge(const ChallengeCommit& commit) {
  return tables_.Call<void>([&](State& state) -> Result<void> {
    const auto found =
        state.challenges.find({commit.key.order, commit.key.attempt, commit.key.position});
    if (found == state.challenges.end() || found->second.lease.fence != commit.fence ||
        !found->second.lease.until) {
      return Error(Reason::kLeaseLost, "the lease of the challenge was taken over");
    }
    Write(state, found->second, commit);
    state.Tell(Channel::kOrder, commit.key.order.ToString());
    const Presentation now = found->second.authorization.presentation;
    if (now == Presentation::kUnwanted) state.Tell(Channel::kWork);
    if (Wakes(now)) WakeOrder(state, commit.key.order);
    return {};
  });
}

}  // namespace certbroker::fakes
