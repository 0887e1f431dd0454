#include "db/pg_renewal_queue.h"

#include <fmt/format.h>

#include "db/certificate_rows.h"
#include "db/connection_pool.h"
#include "db/intent_rows.h"
#include "db/queries.h"
#include "db/transaction.h"

namespace certbroker::db {
namespace {

LeasedRenewal RenewalFrom(const Row& row) {
  LeasedRenewal leased;
  leased.order = row.IdAs<OrderId>("order_id");
  leased.certificate = row.IdAs<CertificateId>("certificate_id");
  leased.agent = AgentId(row.Text("agent"));
  leased.account = AccountName(row.Text("account"));
  leased.not_before = row.At("not_before");
  leased.not_after = row.At("not_after");
  leased.plan = RenewalPlanFrom(row);
  leased.plan.failures = row.Int("failures");
  leased.plan.next_poll = row.OptionalAt("next_attempt_at");
  leased.fence = Fence{row.Int64("fence")};
  return leased;
}

Result<LeasedRenewals> LeaseRenewalsIn(Transaction& tx, const LeaseRequest& request) {
  LeasedRenewals leased;
  ASSIGN_OR_RETURN(const Rows rows,
                   tx.Exec(sql::kLeaseRenewals, {request.owner, request.limit, request.lease}));
  for (std::size_t i = 0; i < rows.size(); ++i) leased.renewals.push_back(RenewalFrom(rows[i]));
  ASSIGN_OR_RETURN(leased.next_due_in, ReadNextDue(tx, sql::kNextRenewalDue));
  return leased;
}

Result<void> CommitIn(Transaction& tx, const RenewalCommit& commit) {
  const RenewalPlan& plan = commit.plan;
  ASSIGN_OR_RETURN(const Rows written,
                   tx.Exec(sql::kCommitRenewal,
                           {commit.order, commit.fence, ToString(plan.source), plan.window.start,
                            plan.window.end, plan.chosen, ForPeople(plan.explanation_url),
                            plan.failures, plan.next_poll}));
  if (!written.empty()) {
    tx.Tell(Channel::kCertificate, written.front().Text("certificate_id"));
    return {};
  }
  return Error(Reason::kLeaseLost,
               fmt::format("the plan of the certificate of order {} was taken over, or ended",
                           commit.order.ToString()));
}

}  // namespace

Result<LeasedRenewals> PgRenewalQueue::LeaseRenewals(const LeaseRequest& request) {
  return RunTransactionFor<LeasedRenewals>(
      pool_, Mode::kWrite, "leasing renewal plans",
      [&](Transaction& tx) { return LeaseRenewalsIn(tx, request); });
}

Result<void> PgRenewalQueue::Commit(const RenewalCommit& commit) {
  return RunTransaction(pool_, Mode::kWrite, "storing a renewal plan",
                        [&](Transaction& tx) { return CommitIn(tx, commit); });
}

}  // namespace certbroker::db
