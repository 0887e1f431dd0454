#include "db/pg_abandoned_authorizations.h"

#include <fmt/format.h>

#include "db/connection_pool.h"
#include "db/intent_rows.h"
#include "db/queries.h"
#include "db/transaction.h"

namespace certbroker::db {
namespace {

AbandonedAuthorization AbandonedFrom(const Row& row) {
  AbandonedAuthorization abandoned;
  abandoned.order = row.IdAs<OrderId>("order_id");
  abandoned.attempt = row.Int("attempt");
  abandoned.position = row.Int("position");
  abandoned.account = AccountName(row.Text("account"));
  abandoned.url = row.Url("url");
  abandoned.in_use = row.Bool("in_use");
  abandoned.failures = row.Int("failures");
  abandoned.fence = Fence{row.Int64("fence")};
  return abandoned;
}

Result<LeasedAbandoned> LeaseAbandonedIn(Transaction& tx, const LeaseRequest& request) {
  LeasedAbandoned leased;
  ASSIGN_OR_RETURN(const Rows rows,
                   tx.Exec(sql::kLeaseAbandoned, {request.owner, request.limit, request.lease}));
  for (std::size_t i = 0; i < rows.size(); ++i)
    leased.authorizations.push_back(AbandonedFrom(rows[i]));
  ASSIGN_OR_RETURN(leased.next_due_in, ReadNextDue(tx, sql::kNextAbandonedDue));
  return leased;
}

Result<void> CommitIn(Transaction& tx, const AbandonedCommit& commit) {
  const AbandonedAuthorization& abandoned = commit.authorization;
  ASSIGN_OR_RETURN(const Rows written,
                   tx.Exec(sql::kCommitAbandoned,
                           {abandoned.order, abandoned.attempt, abandoned.position, abandoned.fence,
                            ForPeople(commit.outcome), abandoned.failures, commit.due_in}));
  if (!written.empty()) return {};
  return Error(Reason::kLeaseLost,
               fmt::format("an authorization of order {} was taken over, or is done with",
                           abandoned.order.ToString()));
}

}  // namespace

Result<LeasedAbandoned> PgAbandonedAuthorizations::LeaseAbandoned(const LeaseRequest& request) {
  return RunTransactionFor<LeasedAbandoned>(
      pool_, Mode::kWrite, "leasing authorizations",
      [&](Transaction& tx) { return LeaseAbandonedIn(tx, request); });
}

Result<void> PgAbandonedAuthorizations::Commit(const AbandonedCommit& commit) {
  return RunTransaction(pool_, Mode::kWrite, "storing what became of an authorization",
                        [&](Transaction& tx) { return CommitIn(tx, commit); });
}

}  // namespace certbroker::db
