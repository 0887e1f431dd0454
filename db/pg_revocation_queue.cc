#include "db/pg_revocation_queue.h"

#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "db/certificate_rows.h"
#include "db/error_columns.h"
#include "db/intent_rows.h"
#include "db/queries.h"
#include "db/transaction.h"

namespace certbroker::db {
namespace {

Error LeaseLost(RevocationId id) {
  return Error(Reason::kLeaseLost,
               fmt::format("the lease of revocation {} was taken over", id.ToString()));
}

LeasedRevocation RevocationInQueueFrom(const Row& row) {
  LeasedRevocation leased;
  leased.revocation = RevocationFrom(row);
  leased.certificate = row.IdAs<CertificateId>("certificate_id");
  leased.issuer = IssuerId(row.Text("issuer"));
  leased.account = AccountName(row.Text("account"));
  leased.chain_pem = row.Text("chain_pem");
  leased.failures = row.Int("failures");
  leased.fence = Fence{row.Int64("fence")};
  return leased;
}

// In the order of `ids`.
Result<std::vector<LeasedRevocation>> ReadRevocations(Transaction& tx,
                                                      const std::vector<Uuid>& ids) {
  std::vector<LeasedRevocation> revocations;
  if (ids.empty()) return revocations;
  std::vector<Param> params;
  params.reserve(ids.size());
  for (const Uuid& id : ids) params.emplace_back(id.ToString());
  ASSIGN_OR_RETURN(const Rows rows, tx.Exec(sql::kReadRevocations, {Param::Array(params)}));
  ASSIGN_OR_RETURN(auto open, ReadOpenIntents(tx, ids));

  std::unordered_map<Uuid, LeasedRevocation> found;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    LeasedRevocation leased = RevocationInQueueFrom(rows[i]);
    const Uuid& id = leased.revocation.id.uuid();
    if (const auto intent = open.find(id); intent != open.end()) {
      leased.open_intent = std::move(intent->second);
    }
    found.emplace(id, std::move(leased));
  }
  for (const Uuid& id : ids) revocations.push_back(std::move(found.at(id)));
  return revocations;
}

Params CommitParams(const RevocationCommit& commit) {
  const bool goes_on = commit.state == RevocationState::kRequested;
  Params params = {commit.id, commit.fence, ToString(commit.state), commit.failures};
  AppendFailure(params, commit.failure);
  params.push_back(goes_on ? Param(commit.due_in) : Param(std::nullopt));
  params.push_back(commit.settles ? Param(commit.settles->intent) : Param(std::nullopt));
  return params;
}

enum class Outcome { kWritten, kLeaseLost };

// Leaves kLeaseLost as a value: the transaction must be committed all the same, for the fact.
Result<Outcome> CommitIn(Transaction& tx, const RevocationCommit& commit) {
  if (commit.settles && commit.settles->fact) {
    RETURN_IF_ERROR(WriteFact(tx, commit.id.uuid(), commit.settles->intent, *commit.settles->fact));
  }
  ASSIGN_OR_RETURN(Rows rows, tx.Exec(sql::kCommitRevocation, CommitParams(commit)));
  if (rows.empty()) {
    ASSIGN_OR_RETURN(rows, tx.Exec(sql::kRevocationWasCommitted,
                                   {commit.id, commit.fence, ToString(commit.state)}));
  }
  if (rows.empty()) return Outcome::kLeaseLost;
  tx.Tell(Channel::kCertificate, rows.front().Text("certificate_id"));
  if (commit.state == RevocationState::kRequested && commit.due_in.count() == 0) {
    tx.Tell(Channel::kWork);
  }
  return Outcome::kWritten;
}

}  // namespace

Result<LeasedRevocations> PgRevocationQueue::LeaseRevocations(const LeaseRequest& request) {
  return RunTransactionFor<LeasedRevocations>(
      pool_, Mode::kWrite, "leasing revocations",
      [&](Transaction& tx) -> Result<LeasedRevocations> {
        LeasedRevocations leased;
        ASSIGN_OR_RETURN(const Rows rows, tx.Exec(sql::kLeaseRevocations,
                                                  {request.owner, request.limit, request.lease}));
        ASSIGN_OR_RETURN(leased.revocations, ReadRevocations(tx, rows.Ids<Uuid>("id")));
        ASSIGN_OR_RETURN(leased.next_due_in, ReadNextDue(tx, sql::kNextRevocationDue));
        return leased;
      });
}

Result<IntentId> PgRevocationQueue::RecordIntent(RevocationId id, Fence fence,
                                                 const Intent& intent) {
  return RunTransactionFor<IntentId>(
      pool_, Mode::kWrite, "recording a request before it is sent",
      [&](Transaction& tx) -> Result<IntentId> {
        ASSIGN_OR_RETURN(const Rows held, tx.Exec(sql::kLockRevocation, {id, fence}));
        if (held.empty()) return LeaseLost(id);
        return WriteIntent(tx, {.order = std::nullopt, .revocation = id}, fence, intent);
      });
}

Result<void> PgRevocationQueue::Commit(const RevocationCommit& commit) {
  ASSIGN_OR_RETURN(
      const Outcome outcome,
      RunTransactionFor<Outcome>(pool_, Mode::kWrite, "storing a revocation's step",
                                 [&](Transaction& tx) { return CommitIn(tx, commit); }));
  if (outcome == Outcome::kLeaseLost) return LeaseLost(commit.id);
  return {};
}

}  // namespace certbroker::db
