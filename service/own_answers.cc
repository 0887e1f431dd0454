#include "service/own_answers.h"

#include <algorithm>
#include <utility>

#include "acme/key_authorization.h"

namespace certbroker {
namespace {

constexpr std::chrono::seconds kReadAgain{1};
constexpr std::size_t kMostUnknown = 16;

void LogForeign(Log& log, const std::string& name) {
  log.Error("foreign_key_authorization",
            {{"name", name},
             {"note",
              "the database holds a challenge for a key that is not ours; it is not served; "
              "who has written to the database?"}});
}

}  // namespace

bool OwnThumbprints::Names(std::string_view key_authorization) {
  const std::size_t dot = key_authorization.find('.');
  if (dot == std::string_view::npos) return false;
  const std::string_view thumbprint = key_authorization.substr(dot + 1);
  const MutexLock lock(mutex_);
  if (known_.contains(thumbprint)) return true;
  const SteadyTime now = clock_.Tick();
  std::erase_if(unknown_, [&](const auto& entry) { return now - entry.second >= kReadAgain; });
  // By thumbprint: a key that has come since the last look is known to the first who asks. Who is
  // told no does not ask again soon.
  if (unknown_.size() >= kMostUnknown || unknown_.contains(thumbprint)) return false;
  Read();
  if (known_.contains(thumbprint)) return true;
  unknown_.emplace(thumbprint, now);
  return false;
}

void OwnThumbprints::Read() {
  PageRequest page{.size = 1000, .token = {}};
  do {
    const auto accounts = accounts_.List(page);
    if (!accounts) {
      log_.Warning("accounts_unreadable", {{"error", accounts.error().ToString()}});
      return;
    }
    for (const Account& account : accounts->items) {
      // The signer is pinned to the key in the HSM: what the row says of its thumbprint is not
      // asked.
      if (const auto signer = keys_.SignerFor(account))
        known_.insert(acme::Thumbprint((*signer)->public_key()));
      // Known before it is used: a roll-over is no reason to leave a challenge unanswered.
      if (!account.wanted_key) continue;
      if (const auto signer = keys_.SignerFor(WithKey(account, *account.wanted_key)))
        known_.insert(acme::Thumbprint((*signer)->public_key()));
    }
    page.token = accounts->next_token;
  } while (!page.token.empty());
}

Result<std::vector<ChallengeTask>> OwnChallengeBoard::TasksFor(const AgentId& agent) {
  ASSIGN_OR_RETURN(std::vector<ChallengeTask> tasks, board_.TasksFor(agent));
  std::erase_if(tasks, [this](const ChallengeTask& task) {
    if (task.remove || own_.Names(task.key_authorization)) return false;
    LogForeign(log_, task.name);
    return true;
  });
  return tasks;
}

Result<void> OwnChallengeBoard::Report(const AgentId& agent, OrderId order,
                                       const std::string& token, ChallengeOutcome outcome,
                                       const std::string& detail) {
  return board_.Report(agent, order, token, outcome, detail);
}

Result<std::optional<std::string>> OwnChallengeLookup::KeyAuthorizationFor(const Identifier& name,
                                                                           std::string_view token) {
  ASSIGN_OR_RETURN(auto found, lookup_.KeyAuthorizationFor(name, token));
  if (!found || own_.Names(*found)) return found;
  LogForeign(log_, name.ToString());
  return std::optional<std::string>();
}

}  // namespace certbroker
