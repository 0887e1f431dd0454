#include "db/pg_agent_ca_store.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/check.h"
#include "db/account_key_change.h"
#include "db/connection_pool.h"
#include "db/queries.h"
#include "db/transaction.h"

namespace certbroker::db {
namespace {

AgentCa AgentCaFrom(const Row& row) {
  return {.id = row.IdAs<AgentCaId>("id"),
          .state = row.Named("state", AgentCaStateFrom),
          .key_uri = row.Text("key_uri"),
          .certificate = row.Octets("certificate"),
          .create_time = row.At("create_time")};
}

Result<std::vector<AgentCa>> ReadAgentCas(Transaction& tx) {
  ASSIGN_OR_RETURN(const Rows rows, tx.Exec(sql::kListAgentCas));
  std::vector<AgentCa> cas;
  for (std::size_t i = 0; i < rows.size(); ++i) cas.push_back(AgentCaFrom(rows[i]));
  return cas;
}

Error AgentCaStateConflict(const AgentCa& ca, AgentCaState wanted) {
  const bool active = ca.state == AgentCaState::kActive;
  return {Reason::kAgentCaStateConflict,
          fmt::format("agent CA {} is {} and cannot become {}: {}", ca.id.ToString(),
                      ToString(ca.state), ToString(wanted),
                      active ? "prepare another and activate that one, then this one is RETIRED"
                             : "PREPARED becomes ACTIVE, RETIRED becomes TAINTED, and each of the "
                               "three REVOKED")};
}

Result<void> AddIn(Transaction& tx, const AgentCa& ca) {
  RETURN_IF_ERROR(RefusePin(ca.key_uri));
  RETURN_IF_ERROR(tx.Exec(sql::kLockAgentCas));
  ASSIGN_OR_RETURN(const auto cas, ReadAgentCas(tx));
  const auto same_key = std::ranges::find(cas, ca.key_uri, &AgentCa::key_uri);
  // A COMMIT in doubt that went well.
  if (same_key != cas.end() && same_key->id == ca.id) return {};
  const bool is_one_active =
      std::ranges::find(cas, AgentCaState::kActive, &AgentCa::state) != cas.end();
  if (ca.state == AgentCaState::kActive && is_one_active) return {};
  if (same_key != cas.end()) {
    return Error(Reason::kAlreadyExists,
                 fmt::format("the key {} is that of agent CA {} already: each CA has a key of its "
                             "own; name another",
                             ca.key_uri, same_key->id.ToString()));
  }
  RETURN_IF_ERROR(
      tx.Exec(sql::kInsertAgentCa, {ca.id, ToString(ca.state), ca.key_uri, ca.certificate}));
  tx.Tell(Channel::kAgent);
  return {};
}

Result<AgentCa> SetStateIn(Transaction& tx, const AgentCaId& id, AgentCaState state) {
  RETURN_IF_ERROR(tx.Exec(sql::kLockAgentCas));
  ASSIGN_OR_RETURN(auto cas, ReadAgentCas(tx));
  const auto found = std::ranges::find(cas, id, &AgentCa::id);
  if (found == cas.end()) {
    return Error(Reason::kNotFound, fmt::format("there is no agent CA {}", id.ToString()));
  }
  if (found->state == state) return std::move(*found);
  // To be RETIRED is nothing to ask for: it would leave none that signs.
  if (state == AgentCaState::kRetired || !MayFollow(found->state, state))
    return AgentCaStateConflict(*found, state);
  if (state == AgentCaState::kActive) RETURN_IF_ERROR(tx.Exec(sql::kRetireActiveAgentCa));
  RETURN_IF_ERROR(tx.Exec(sql::kSetAgentCaState, {id, ToString(state)}));
  tx.Tell(Channel::kAgent);
  found->state = state;
  return std::move(*found);
}

}  // namespace

Result<std::vector<AgentCa>> PgAgentCaStore::All() {
  return RunTransactionFor<std::vector<AgentCa>>(pool_, Mode::kRead, "reading the CAs of agents",
                                                 [](Transaction& tx) { return ReadAgentCas(tx); });
}

Result<void> PgAgentCaStore::Add(const AgentCa& ca) {
  CERTBROKER_CHECK(ca.state == AgentCaState::kPrepared || ca.state == AgentCaState::kActive);
  return RunTransaction(pool_, Mode::kWrite, "storing an agent CA",
                        [&](Transaction& tx) { return AddIn(tx, ca); });
}

Result<AgentCa> PgAgentCaStore::SetState(const AgentCaId& id, AgentCaState state) {
  return RunTransactionFor<AgentCa>(pool_, Mode::kWrite, "changing an agent CA",
                                    [&](Transaction& tx) { return SetStateIn(tx, id, state); });
}

}  // namespace certbroker::db
