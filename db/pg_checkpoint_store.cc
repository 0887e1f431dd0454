#include "db/pg_checkpoint_store.h"

#include "db/connection_pool.h"
#include "db/page_of_ids.h"
#include "db/queries.h"
#include "db/transaction.h"

namespace certbroker::db {
namespace {

constexpr std::string_view kCheckpoints = "checkpoints";

SignedCheckpoint CheckpointFrom(const Row& row) {
  return {.checkpoint = {row.Int64("number"), row.Octets("sha256"), row.At("create_time")},
          .thumbprint = row.Text("thumbprint"),
          .jws = row.Text("jws")};
}

}  // namespace

Result<std::optional<Checkpoint>> PgCheckpointStore::Due(std::chrono::milliseconds interval) {
  return RunTransactionFor<std::optional<Checkpoint>>(
      pool_, Mode::kRead, "looking how far the ledger has come",
      [&](Transaction& tx) -> Result<std::optional<Checkpoint>> {
        ASSIGN_OR_RETURN(const Rows rows, tx.Exec(sql::kCheckpointDue, {interval}));
        if (rows.empty()) return std::optional<Checkpoint>();
        const Row row = rows.front();
        return std::optional(Checkpoint{row.Int64("number"), row.Octets("sha256"), row.At("now")});
      });
}

Result<void> PgCheckpointStore::Add(const SignedCheckpoint& signed_one) {
  return RunTransaction(
      pool_, Mode::kWrite, "storing a checkpoint of the ledger",
      [&](Transaction& tx) -> Result<void> {
        const Checkpoint& checkpoint = signed_one.checkpoint;
        RETURN_IF_ERROR(tx.Exec(sql::kInsertCheckpoint,
                                {checkpoint.number, checkpoint.sha256, signed_one.thumbprint,
                                 signed_one.jws, checkpoint.create_time}));
        return {};
      });
}

Result<Page<SignedCheckpoint>> PgCheckpointStore::List(const PageRequest& page) {
  ASSIGN_OR_RETURN(const auto start, StartOf(page, kCheckpoints, IsPosition));
  return RunTransactionFor<Page<SignedCheckpoint>>(
      pool_, Mode::kRead, "listing checkpoints",
      [&](Transaction& tx) -> Result<Page<SignedCheckpoint>> {
        ASSIGN_OR_RETURN(const Rows rows,
                         tx.Exec(sql::kListCheckpoints, {start, ClampedSize(page) + 1}));
        Page<SignedCheckpoint> found;
        for (std::size_t i = 0; i < rows.size(); ++i)
          found.items.push_back(CheckpointFrom(rows[i]));
        found.next_token = CutToPage(
            found.items, page, kCheckpoints,
            [](const SignedCheckpoint& one) { return std::to_string(one.checkpoint.number); });
        return found;
      });
}

}  // namespace certbroker::db
