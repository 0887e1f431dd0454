#include "service/rpc/session_hub.h"

#include <algorithm>
#include <map>
#include <utility>

namespace certbroker::rpc {

SessionHub::SessionHub(ChallengeBoard& board, ChangeFeed& feed, Executor& executor, Log& log)
    : board_(board),
      executor_(executor),
      log_(log),
      subscription_(feed.Subscribe(Channel::kChallenge,
                                   [this](const std::string& agent) { OnHint(agent); })) {}

SessionHub::~SessionHub() { subscription_.reset(); }

void SessionHub::Add(const std::shared_ptr<AgentSession>& session) {
  {
    const MutexLock lock(mutex_);
    agents_[session->agent()].sessions.push_back(session);
  }
  Refresh(session->agent());
}

void SessionHub::Ended(const AgentId& agent) { Refresh(agent); }

std::size_t SessionHub::session_count() const {
  const MutexLock lock(mutex_);
  std::size_t count = 0;
  for (const auto& [id, agent] : agents_) {
    count += static_cast<std::size_t>(std::ranges::count_if(
        agent.sessions, [](const auto& session) { return !session.expired(); }));
  }
  return count;
}

void SessionHub::OnHint(const std::string& agent) {
  if (!agent.empty()) {
    Refresh(AgentId(agent));
    return;
  }
  std::vector<AgentId> all;
  {
    const MutexLock lock(mutex_);
    for (const auto& [id, sessions] : agents_) all.push_back(id);
  }
  for (const AgentId& id : all) Refresh(id);
}

// One refresh per agent at a time; hints that come meanwhile make it run once more.
void SessionHub::Refresh(const AgentId& agent) {
  {
    const MutexLock lock(mutex_);
    const auto found = agents_.find(agent);
    if (found == agents_.end()) return;
    if (found->second.refreshing) {
      found->second.again = true;
      return;
    }
    found->second.refreshing = true;
  }
  executor_.Post([this, agent] { RefreshNow(agent); });
}

void SessionHub::RefreshNow(const AgentId& agent) {
  const auto sessions = SessionsOf(agent);
  if (!sessions.empty()) {
    const auto tasks = board_.TasksFor(agent);
    if (tasks) {
      std::map<AgentSession*, std::vector<ChallengeTask>> offers;
      for (const auto& session : sessions) offers[session.get()];
      for (const ChallengeTask& task : *tasks) {
        const auto serving =
            std::find_if(sessions.rbegin(), sessions.rend(),
                         [&](const auto& session) { return session->Serves(task.name); });
        if (serving != sessions.rend()) offers[serving->get()].push_back(task);
      }
      for (const auto& [session, offer] : offers) session->Offer(offer);
    } else {
      // The change feed brings us back when the database is there again.
      log_.Warning("challenge_tasks_failed",
                   {{"agent", agent.ToString()}, {"error", tasks.error().ToString()}});
    }
  }
  bool again = false;
  {
    const MutexLock lock(mutex_);
    const auto found = agents_.find(agent);
    if (found == agents_.end()) return;
    found->second.refreshing = false;
    again = std::exchange(found->second.again, false);
    if (!again && found->second.sessions.empty()) agents_.erase(found);
  }
  if (again) Refresh(agent);
}

std::vector<std::shared_ptr<AgentSession>> SessionHub::SessionsOf(const AgentId& agent) {
  const MutexLock lock(mutex_);
  std::vector<std::shared_ptr<AgentSession>> alive;
  const auto found = agents_.find(agent);
  if (found == agents_.end()) return alive;
  auto& sessions = found->second.sessions;
  sessions.erase(std::remove_if(sessions.begin(), sessions.end(),
                                [](const auto& session) { return session.expired(); }),
                 sessions.end());
  for (const auto& session : sessions) {
    if (auto strong = session.lock()) alive.push_back(std::move(strong));
  }
  return alive;
}

}  // namespace certbroker::rpc
