#include "db/intent_rows.h"

#include <algorithm>
#include <utility>

#include "db/queries.h"

namespace certbroker::db {
namespace {

std::string TextOf(const Bytes& octets) { return std::string(AsText(octets)); }

OpenIntent OpenIntentFrom(const Row& row) {
  OpenIntent open;
  open.id = IntentId{row.Int64("id")};
  open.intent.action = row.Named("action", SignaturePurposeFromName);
  open.intent.url = row.Url("url");
  open.intent.jws = row.Text("jws");
  open.age = std::chrono::milliseconds(row.Int64("age_ms"));
  if (!row.IsNull("http_status")) {
    open.fact = Fact{.http_status = row.Int("http_status"),
                     .location = TextOf(row.Octets("location")),
                     .body = TextOf(row.Octets("body"))};
  }
  return open;
}

}  // namespace

Result<IntentId> WriteIntent(Transaction& tx, const IntentSubject& subject, Fence fence,
                             const Intent& intent) {
  ASSIGN_OR_RETURN(Rows rows,
                   tx.Exec(sql::kInsertIntent, {subject.order, subject.revocation, fence,
                                                ToString(intent.action), intent.url, intent.jws}));
  if (rows.empty()) {
    ASSIGN_OR_RETURN(rows,
                     tx.Exec(sql::kFindIntent, {subject.order, subject.revocation, intent.jws}));
  }
  return IntentId{rows.front().Int64("id")};
}

Result<void> WriteFact(Transaction& tx, const Uuid& subject, IntentId intent, const Fact& fact) {
  RETURN_IF_ERROR(tx.Exec(sql::kInsertFact, {intent, subject.ToString(), fact.http_status,
                                             Octets(fact.location), Octets(fact.body)}));
  return {};
}

Result<std::unordered_map<Uuid, OpenIntent>> ReadOpenIntents(Transaction& tx,
                                                             const std::vector<Uuid>& subjects) {
  std::unordered_map<Uuid, OpenIntent> open;
  if (subjects.empty()) return open;
  std::vector<Param> ids;
  ids.reserve(subjects.size());
  for (const Uuid& subject : subjects) ids.emplace_back(subject.ToString());
  ASSIGN_OR_RETURN(const Rows rows, tx.Exec(sql::kOpenIntents, {Param::Array(ids)}));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    open.emplace(rows[i].IdAs<Uuid>("subject"), OpenIntentFrom(rows[i]));
  }
  return open;
}

Result<std::optional<std::chrono::milliseconds>> ReadNextDue(Transaction& tx, const Query& query) {
  using std::chrono::milliseconds;
  ASSIGN_OR_RETURN(const Rows rows, tx.Exec(query));
  if (rows.front().IsNull("due_in_ms")) return std::optional<milliseconds>();
  return std::optional(milliseconds(std::max<std::int64_t>(0, rows.front().Int64("due_in_ms"))));
}

}  // namespace certbroker::db
