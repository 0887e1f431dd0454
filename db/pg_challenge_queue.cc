#include "db/pg_challenge_queue.h"

#include <fmt/format.h>

#include "db/intent_rows.h"
#include "db/order_waking.h"
#include "db/queries.h"
#include "db/transaction.h"

namespace certbroker::db {
namespace {

LeasedChallenge ChallengeFrom(const Row& row) {
  return {.key = {.order = row.IdAs<OrderId>("order_id"),
                  .attempt = row.Int("attempt"),
                  .position = row.Int("position")},
          .fence = Fence{row.Int64("fence")},
          .presentation = row.Named("presentation", PresentationFromName),
          .type = row.Named("challenge_type", ChallengeTypeFromName),
          .solver = row.Text("solver"),
          .name = row.Text("name"),
          .wildcard = row.Bool("wildcard"),
          .token = row.Text("token"),
          .key_authorization = row.Text("key_authorization"),
          .account = AccountName(row.Text("account")),
          .failures = row.Int("failures"),
          .spread_until = row.OptionalAt("spread_until")};
}

// Whether the order has been waiting to hear this.
bool Wakes(Presentation presentation) {
  return presentation == Presentation::kSpreading || presentation == Presentation::kServing ||
         presentation == Presentation::kFailed;
}

Result<void> CommitIn(Transaction& tx, const ChallengeCommit& commit) {
  const ChallengeKey& key = commit.key;
  RETURN_IF_ERROR(tx.Exec(sql::kLockOrderById, {key.order}));
  ASSIGN_OR_RETURN(const Rows rows, tx.Exec(sql::kCommitChallenge,
                                            {key.order, key.attempt, key.position, commit.fence,
                                             ToString(commit.presentation), ForPeople(commit.error),
                                             commit.failures, commit.spread_for, commit.due_in}));
  if (rows.empty()) {
    return Error(
        Reason::kLeaseLost,
        fmt::format("the lease of a challenge of order {} was taken over", key.order.ToString()));
  }
  const auto now = rows.front().Named("presentation", PresentationFromName);
  tx.Tell(Channel::kOrder, key.order.ToString());
  if (now == Presentation::kUnwanted) tx.Tell(Channel::kWork);
  return Wakes(now) ? WakeOrder(tx, key.order) : Result<void>();
}

}  // namespace

Result<LeasedChallenges> PgChallengeQueue::LeaseChallenges(const LeaseRequest& request) {
  return RunTransactionFor<LeasedChallenges>(
      pool_, Mode::kWrite, "leasing challenges", [&](Transaction& tx) -> Result<LeasedChallenges> {
        LeasedChallenges leased;
        ASSIGN_OR_RETURN(const Rows rows, tx.Exec(sql::kLeaseChallenges,
                                                  {request.owner, request.limit, request.lease}));
        for (std::size_t i = 0; i < rows.size(); ++i)
          leased.challenges.push_back(ChallengeFrom(rows[i]));
        ASSIGN_OR_RETURN(leased.next_due_in, ReadNextDue(tx, sql::kNextChallengeDue));
        return leased;
      });
}

Result<void> PgChallengeQueue::CommitChallenge(const ChallengeCommit& commit) {
  return RunTransaction(pool_, Mode::kWrite, "recording what a solver did",
                        [&](Transaction& tx) { return CommitIn(tx, commit); });
}

}  // namespace certbroker::db
