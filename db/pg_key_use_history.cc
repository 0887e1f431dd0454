#include "db/pg_key_use_history.h"

#include <fmt/format.h>

#include "db/connection_pool.h"
#include "db/page_of_ids.h"
#include "db/queries.h"
#include "db/transaction.h"

namespace certbroker::db {
namespace {

RecordedKeyUse KeyUseFrom(const Row& row) {
  RecordedKeyUse record;
  record.use = {.purpose = row.Named("purpose", SignaturePurposeFromName),
                .url = row.Text("url"),
                .account_url = row.Text("account_url"),
                .key_uri = row.Text("key_uri"),
                .thumbprint = row.Text("thumbprint"),
                .subject = row.Text("subject"),
                .agent = row.Text("agent"),
                .request_id = row.Text("request_id"),
                .input_sha256 = row.Octets("input_sha256")};
  record.number = row.Int64("number");
  record.create_time = row.At("create_time");
  record.replica = row.Text("replica");
  record.previous_sha256 = row.Octets("previous_sha256");
  record.sha256 = row.Octets("sha256");
  return record;
}

Param Wanted(const std::string& text) { return text.empty() ? Param(std::nullopt) : Param(text); }

std::string ListOf(const KeyUseFilter& filter) {
  return fmt::format("key uses subject={} agent={} key={}", filter.subject, filter.agent,
                     filter.thumbprint);
}

}  // namespace

Result<Page<RecordedKeyUse>> PgKeyUseHistory::List(const KeyUseFilter& filter,
                                                   const PageRequest& page) {
  const std::string list = ListOf(filter);
  ASSIGN_OR_RETURN(const auto start, StartOf(page, list, IsPosition));
  return RunTransactionFor<Page<RecordedKeyUse>>(
      pool_, Mode::kRead, "listing key uses", [&](Transaction& tx) -> Result<Page<RecordedKeyUse>> {
        ASSIGN_OR_RETURN(
            const Rows rows,
            tx.Exec(sql::kListKeyUses, {Wanted(filter.subject), Wanted(filter.agent),
                                        Wanted(filter.thumbprint), start, ClampedSize(page) + 1}));
        Page<RecordedKeyUse> uses;
        for (std::size_t i = 0; i < rows.size(); ++i) uses.items.push_back(KeyUseFrom(rows[i]));
        uses.next_token = CutToPage(uses.items, page, list, [](const RecordedKeyUse& record) {
          return std::to_string(record.number);
        });
        return uses;
      });
}

}  // namespace certbroker::db
