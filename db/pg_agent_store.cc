#include "db/pg_agent_store.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "db/agent_admission.h"
#include "db/agent_rows.h"
#include "db/connection_pool.h"
#include "db/page_of_ids.h"
#include "db/queries.h"
#include "db/request_ledger.h"
#include "db/transaction.h"

namespace certbroker::db {
namespace {

constexpr std::string_view kJoinTokens = "join tokens";
constexpr std::string_view kAgents = "agents";

// An id is a URI: characters of RFC 3986 and no others.
bool IsAgentId(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

Result<JoinToken> CreateTokenIn(Transaction& tx, const JoinToken& token,
                                std::chrono::milliseconds lifetime, const RequestKey& request) {
  ASSIGN_OR_RETURN(const auto earlier, FindOrRemember(tx, request, token.id.ToString()));
  if (!earlier) {
    RETURN_IF_ERROR(
        tx.Exec(sql::kInsertJoinToken, {token.id, token.agent, token.secret_sha256, lifetime}));
  }
  ASSIGN_OR_RETURN(const Rows rows,
                   tx.Exec(sql::kReadJoinToken, {earlier ? *earlier : token.id.ToString()}));
  if (!rows.empty()) return JoinTokenFrom(rows.front());
  return Error(Reason::kNotFound,
               fmt::format("the join token that request_id {} made was deleted: to make another, "
                           "use a new request_id",
                           request.id.ToString()));
}

Result<Page<JoinToken>> ListTokensIn(Transaction& tx, const PageRequest& page,
                                     const std::optional<std::string>& start) {
  ASSIGN_OR_RETURN(const Rows rows, tx.Exec(sql::kListJoinTokens, {start, ClampedSize(page) + 1}));
  std::vector<std::size_t> indices(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) indices[i] = i;
  Page<JoinToken> found;
  found.next_token = CutToPage(indices, page, kJoinTokens,
                               [&](std::size_t i) { return rows[i].Text("position"); });
  for (const std::size_t i : indices) found.items.push_back(JoinTokenFrom(rows[i]));
  return found;
}

Result<Page<Agent>> ListAgentsIn(Transaction& tx, const PageRequest& page,
                                 const std::optional<std::string>& start) {
  ASSIGN_OR_RETURN(const Rows rows, tx.Exec(sql::kListAgents, {start, ClampedSize(page) + 1}));
  Page<Agent> found;
  for (std::size_t i = 0; i < rows.size(); ++i) found.items.push_back(AgentFrom(rows[i]));
  found.next_token =
      CutToPage(found.items, page, kAgents, [](const Agent& a) { return a.id.ToString(); });
  return found;
}

Result<Agent> BanIn(Transaction& tx, const AgentId& id, const std::string& reason) {
  ASSIGN_OR_RETURN(const LockedAgent before, MakeOrLockAgent(tx, id));
  const bool is_new = before.removed || before.agent.state != AgentState::kBanned;
  RETURN_IF_ERROR(
      tx.Exec(sql::kSetAgentState, {id, ToString(AgentState::kBanned), ForPeople(reason)}));
  ASSIGN_OR_RETURN(Agent after, ReadAgent(tx, id));
  if (is_new || after.ban_reason != before.agent.ban_reason) {
    RETURN_IF_ERROR(NumberAgentChange(tx, id));
  }
  return after;
}

Result<Agent> UnbanIn(Transaction& tx, const AgentId& id) {
  ASSIGN_OR_RETURN(const auto before, LockAgent(tx, id));
  if (!before || before->removed) return NoSuchAgent(id);
  if (before->agent.state == AgentState::kActive) return before->agent;
  RETURN_IF_ERROR(tx.Exec(sql::kSetAgentState, {id, ToString(AgentState::kActive), ""}));
  ASSIGN_OR_RETURN(Agent after, ReadAgent(tx, id));
  RETURN_IF_ERROR(NumberAgentChange(tx, id));
  return after;
}

// Its tokens expire with it: else who has joined with one could come back with the same.
Result<bool> RemoveIn(Transaction& tx, const AgentId& id) {
  RETURN_IF_ERROR(tx.Exec(sql::kExpireJoinTokens, {id}));
  ASSIGN_OR_RETURN(const auto locked, LockAgent(tx, id));
  if (!locked || locked->removed) return false;
  RETURN_IF_ERROR(tx.Exec(sql::kRemoveAgent, {id}));
  RETURN_IF_ERROR(NumberAgentChange(tx, id));
  return true;
}

}  // namespace

Result<JoinToken> PgAgentStore::CreateToken(const JoinToken& token,
                                            std::chrono::milliseconds lifetime,
                                            const RequestKey& request) {
  return RunTransactionFor<JoinToken>(
      pool_, Mode::kWrite, "storing a join token",
      [&](Transaction& tx) { return CreateTokenIn(tx, token, lifetime, request); });
}

Result<Page<JoinToken>> PgAgentStore::ListTokens(const PageRequest& page) {
  ASSIGN_OR_RETURN(const auto start, StartOf(page, kJoinTokens, IsPosition));
  return RunTransactionFor<Page<JoinToken>>(
      pool_, Mode::kRead, "listing join tokens",
      [&](Transaction& tx) { return ListTokensIn(tx, page, start); });
}

Result<void> PgAgentStore::DeleteToken(const JoinTokenId& id) {
  bool was_there = false;  // in an earlier run, whose COMMIT is in doubt
  return RunTransaction(
      pool_, Mode::kWrite, "deleting a join token", [&](Transaction& tx) -> Result<void> {
        ASSIGN_OR_RETURN(const Rows rows, tx.Exec(sql::kDeleteJoinToken, {id}));
        was_there = was_there || !rows.empty();
        if (was_there) return {};
        return Error(Reason::kNotFound, fmt::format("there is no join token {}", id.ToString()));
      });
}

Result<NewIdentity> PgAgentStore::Redeem(const Redemption& redemption,
                                         std::chrono::milliseconds lifetime) {
  return RunTransactionFor<NewIdentity>(
      pool_, Mode::kWrite, "letting an agent in",
      [&](Transaction& tx) { return RedeemIn(tx, redemption, lifetime); });
}

Result<NewIdentity> PgAgentStore::Renew(const AgentId& agent, IdentityNumber shown,
                                        std::chrono::milliseconds lifetime) {
  return RunTransactionFor<NewIdentity>(
      pool_, Mode::kWrite, "renewing an agent's identity",
      [&](Transaction& tx) { return RenewIn(tx, agent, shown, lifetime); });
}

Result<void> PgAgentStore::RecordUse(const AgentId& agent, IdentityNumber number) {
  return RunTransaction(
      pool_, Mode::kWrite, "recording the use of an identity",
      [&](Transaction& tx) -> Result<void> {
        ASSIGN_OR_RETURN(const Rows rows, tx.Exec(sql::kRecordIdentityUse, {agent, number}));
        if (rows.empty()) return {};
        return NumberAgentChange(tx, agent);
      });
}

Result<Agent> PgAgentStore::Get(const AgentId& id) {
  return RunTransactionFor<Agent>(pool_, Mode::kRead, "reading an agent",
                                  [&](Transaction& tx) { return ReadAgent(tx, id); });
}

Result<Page<Agent>> PgAgentStore::List(const PageRequest& page) {
  ASSIGN_OR_RETURN(const auto start, StartOf(page, kAgents, IsAgentId));
  return RunTransactionFor<Page<Agent>>(pool_, Mode::kRead, "listing agents", [&](Transaction& tx) {
    return ListAgentsIn(tx, page, start);
  });
}

Result<Agent> PgAgentStore::SetState(const AgentId& id, AgentState state,
                                     const std::string& ban_reason) {
  return RunTransactionFor<Agent>(
      pool_, Mode::kWrite, "banning or unbanning an agent", [&](Transaction& tx) {
        return state == AgentState::kBanned ? BanIn(tx, id, ban_reason) : UnbanIn(tx, id);
      });
}

Result<void> PgAgentStore::Remove(const AgentId& id) {
  bool was_there = false;  // in an earlier run, whose COMMIT is in doubt
  return RunTransaction(pool_, Mode::kWrite, "removing an agent",
                        [&](Transaction& tx) -> Result<void> {
                          ASSIGN_OR_RETURN(const bool removed, RemoveIn(tx, id));
                          was_there = was_there || removed;
                          if (was_there) return {};
                          return NoSuchAgent(id);
                        });
}

Result<Standings> PgAgentStore::ChangedSince(std::int64_t change) {
  return RunTransactionFor<Standings>(
      pool_, Mode::kRead, "reading which agents have changed",
      [&](Transaction& tx) -> Result<Standings> {
        ASSIGN_OR_RETURN(const Rows rows, tx.Exec(sql::kAgentsChangedSince, {change}));
        Standings standings{.agents = {}, .change = change};
        for (std::size_t i = 0; i < rows.size(); ++i) {
          standings.agents.push_back({.agent = AgentId(rows[i].Text("id")),
                                      .state = rows[i].Named("state", AgentStateFrom),
                                      .ban_reason = rows[i].Text("ban_reason"),
                                      .removed = rows[i].Bool("removed"),
                                      .used_identity = rows[i].Int64("used_identity")});
          standings.change = rows[i].Int64("change");
        }
        return standings;
      });
}

}  // namespace certbroker::db
