#include "db/agent_rows.h"

#include <utility>

#include <fmt/format.h>

#include "core/check.h"
#include "db/queries.h"

namespace certbroker::db {

Agent AgentFrom(const Row& row) {
  return {.id = AgentId(row.Text("id")),
          .state = row.Named("state", AgentStateFrom),
          .ban_reason = row.Text("ban_reason"),
          .used_identity = row.Int64("used_identity"),
          .identity_expire_time = row.OptionalAt("identity_expire_time"),
          .create_time = row.At("create_time"),
          .join_time = row.OptionalAt("join_time")};
}

JoinToken JoinTokenFrom(const Row& row) {
  return {.id = row.IdAs<JoinTokenId>("id"),
          .agent = AgentId(row.Text("agent")),
          .secret_sha256 = row.Octets("secret_sha256"),
          .create_time = row.At("create_time"),
          .expire_time = row.At("expire_time"),
          .use_time = row.OptionalAt("use_time")};
}

Result<std::optional<LockedAgent>> LockAgent(Transaction& tx, const AgentId& id) {
  ASSIGN_OR_RETURN(const Rows rows, tx.Exec(sql::kLockAgent, {id}));
  if (rows.empty()) return std::optional<LockedAgent>();
  return std::optional(LockedAgent{AgentFrom(rows.front()), rows.front().Bool("removed")});
}

Result<LockedAgent> MakeOrLockAgent(Transaction& tx, const AgentId& id) {
  RETURN_IF_ERROR(tx.Exec(sql::kMakeAgent, {id}));
  ASSIGN_OR_RETURN(auto locked, LockAgent(tx, id));
  CERTBROKER_CHECK(locked.has_value());
  return *std::move(locked);
}

Result<Agent> ReadAgent(Transaction& tx, const AgentId& id) {
  ASSIGN_OR_RETURN(const Rows rows, tx.Exec(sql::kReadAgent, {id}));
  if (rows.empty()) return NoSuchAgent(id);
  return AgentFrom(rows.front());
}

Error NoSuchAgent(const AgentId& id) {
  return {Reason::kNotFound,
          fmt::format("there is no agent {}: `certbroker agents list` shows those that there are",
                      id.ToString())};
}

void TellOfAgent(Transaction& tx, const AgentId& id) { tx.Tell(Channel::kAgent, id.ToString()); }

Result<void> NumberAgentChange(Transaction& tx, const AgentId& id) {
  TellOfAgent(tx, id);
  RETURN_IF_ERROR(tx.Exec(sql::kNumberAgentChange, {id}));
  return {};
}

}  // namespace certbroker::db
