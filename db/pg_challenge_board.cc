#include "db/pg_challenge_board.h"

#include <optional>

#include "core/check.h"
#include "db/order_waking.h"
#include "db/queries.h"
#include "db/transaction.h"

namespace certbroker::db {
namespace {

// What a report makes of a challenge; nothing: it comes too late, or says nothing new.
struct Effect {
  Presentation presentation;
  bool hit = false;
  bool wakes = false;
};

std::optional<Effect> EffectOf(ChallengeOutcome outcome, Presentation now, bool hit_before) {
  const bool wanted =
      now == Presentation::kWanted || now == Presentation::kServing || now == Presentation::kFailed;
  switch (outcome) {
    case ChallengeOutcome::kServing:
      if (!wanted || now == Presentation::kServing) return std::nullopt;
      return Effect{.presentation = Presentation::kServing, .wakes = true};
    case ChallengeOutcome::kFailed:
      if (!wanted || now == Presentation::kFailed) return std::nullopt;
      return Effect{.presentation = Presentation::kFailed, .wakes = true};
    case ChallengeOutcome::kHit:
      if (!wanted || hit_before) return std::nullopt;
      return Effect{.presentation = now, .hit = true, .wakes = true};
    case ChallengeOutcome::kRemoved:
      if (now != Presentation::kUnwanted) return std::nullopt;
      return Effect{.presentation = Presentation::kRemoved};
  }
  CERTBROKER_CHECK(false);
}

Error NoSuchChallenge() { return {Reason::kNotFound, "there is no such challenge of this agent"}; }

Result<void> ReportIn(Transaction& tx, const AgentId& agent, OrderId order,
                      const std::string& token, ChallengeOutcome outcome,
                      const std::string& detail) {
  ASSIGN_OR_RETURN(const Rows locked, tx.Exec(sql::kLockOrder, {order, agent}));
  if (locked.empty()) return NoSuchChallenge();
  ASSIGN_OR_RETURN(
      const Rows found,
      tx.Exec(sql::kFindChallenge, {order, token, outcome == ChallengeOutcome::kRemoved}));
  if (found.empty()) return NoSuchChallenge();

  const auto now = found.front().Named("presentation", PresentationFromName);
  const auto effect = EffectOf(outcome, now, found.front().Bool("hit"));
  if (!effect) return {};
  const bool failed = effect->presentation == Presentation::kFailed;
  RETURN_IF_ERROR(tx.Exec(
      sql::kSetPresentation,
      {order, found.front().Int("attempt"), found.front().Int("position"),
       ToString(effect->presentation), failed ? ForPeople(detail) : Param(""), effect->hit}));
  tx.Tell(Channel::kOrder, order.ToString());
  if (!effect->wakes) return {};
  return WakeOrder(tx, order);
}

}  // namespace

Result<std::vector<ChallengeTask>> PgChallengeBoard::TasksFor(const AgentId& agent) {
  return RunTransactionFor<std::vector<ChallengeTask>>(
      pool_, Mode::kRead, "reading challenges",
      [&](Transaction& tx) -> Result<std::vector<ChallengeTask>> {
        ASSIGN_OR_RETURN(const Rows rows, tx.Exec(sql::kChallengeTasks, {agent}));
        std::vector<ChallengeTask> tasks;
        for (std::size_t i = 0; i < rows.size(); ++i) {
          tasks.push_back({.order = rows[i].IdAs<OrderId>("order_id"),
                           .type = rows[i].Named("challenge_type", ChallengeTypeFromName),
                           .name = rows[i].Text("name"),
                           .token = rows[i].Text("token"),
                           .key_authorization = rows[i].Text("key_authorization"),
                           .remove = rows[i].Bool("remove")});
        }
        return tasks;
      });
}

Result<void> PgChallengeBoard::Report(const AgentId& agent, OrderId order, const std::string& token,
                                      ChallengeOutcome outcome, const std::string& detail) {
  return RunTransaction(
      pool_, Mode::kWrite, "recording what an agent reports",
      [&](Transaction& tx) { return ReportIn(tx, agent, order, token, outcome, detail); });
}

}  // namespace certbroker::db
