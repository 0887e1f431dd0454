#include "db/agent_admission.h"

#include <fmt/format.h>

#include "core/check.h"
#include "db/agent_rows.h"
#include "db/queries.h"

namespace certbroker::db {
namespace {

Error JoinTokenInvalid() {
  return {Reason::kJoinTokenInvalid,
          "there is no such join token, or it has expired, was deleted or was not pasted whole: "
          "make a new one with `certbroker tokens create`"};
}

Error JoinTokenUsed(const AgentId& agent) {
  return {Reason::kJoinTokenUsed,
          fmt::format("another key has joined as {} with this token: if that was not you, ban the "
                      "agent (`certbroker agents ban`); make a new token for every host",
                      agent.ToString())};
}

Error AgentBanned(const Agent& agent) {
  return {Reason::kAgentBanned,
          fmt::format("agent {} is banned ({}): `certbroker agents unban` takes it back",
                      agent.id.ToString(),
                      agent.ban_reason.empty() ? "no reason was given" : agent.ban_reason)};
}

Error AgentNotEnrolled(const AgentId& id) {
  return {Reason::kAgentNotEnrolled,
          fmt::format("there is no agent {} any more: let it join again with a new token "
                      "(`certbroker tokens create`)",
                      id.ToString())};
}

Error IdentitySuperseded(const Agent& agent, IdentityNumber shown) {
  return {Reason::kIdentitySuperseded,
          fmt::format("identity {} of agent {} counts no more, {} is in use: this is an old copy "
                      "of its files, or somebody else has used them; ban the agent or let it join "
                      "again",
                      shown, agent.id.ToString(), agent.used_identity)};
}

// Precondition: the agent is locked.
Result<NewIdentity> IssueIdentity(Transaction& tx, const AgentId& agent,
                                  std::chrono::milliseconds lifetime) {
  ASSIGN_OR_RETURN(const Rows rows, tx.Exec(sql::kIssueIdentity, {agent, lifetime}));
  const Row row = rows.front();
  return NewIdentity{.agent = agent,
                     .number = row.Int64("number"),
                     .now = row.At("now"),
                     .expire_time = row.At("identity_expire_time")};
}

}  // namespace

Result<NewIdentity> RedeemIn(Transaction& tx, const Redemption& redemption,
                             std::chrono::milliseconds lifetime) {
  ASSIGN_OR_RETURN(const Rows tokens,
                   tx.Exec(sql::kLockJoinToken,
                           {redemption.token, redemption.secret_sha256, redemption.spki_sha256}));
  if (tokens.empty() || !tokens.front().Bool("valid")) return JoinTokenInvalid();
  const AgentId id(tokens.front().Text("agent"));
  if (!tokens.front().Bool("may_use")) return JoinTokenUsed(id);
  ASSIGN_OR_RETURN(const LockedAgent locked, MakeOrLockAgent(tx, id));
  if (locked.agent.state == AgentState::kBanned) return AgentBanned(locked.agent);

  if (tokens.front().Bool("unused")) {
    RETURN_IF_ERROR(tx.Exec(sql::kUseJoinToken, {redemption.token, redemption.spki_sha256}));
  }
  RETURN_IF_ERROR(tx.Exec(sql::kAdmitAgent, {id}));
  ASSIGN_OR_RETURN(NewIdentity identity, IssueIdentity(tx, id, lifetime));
  // One that was there stands as before: what it has counts until the new identity is used.
  if (locked.removed) {
    RETURN_IF_ERROR(NumberAgentChange(tx, id));
  } else {
    TellOfAgent(tx, id);
  }
  return identity;
}

Result<NewIdentity> RenewIn(Transaction& tx, const AgentId& id, IdentityNumber shown,
                            std::chrono::milliseconds lifetime) {
  ASSIGN_OR_RETURN(const auto locked, LockAgent(tx, id));
  if (!locked || locked->removed) return AgentNotEnrolled(id);
  if (locked->agent.state == AgentState::kBanned) return AgentBanned(locked->agent);
  if (shown < locked->agent.used_identity) return IdentitySuperseded(locked->agent, shown);
  TellOfAgent(tx, id);
  return IssueIdentity(tx, id, lifetime);
}

}  // namespace certbroker::db
