#include "service/rpc/session_hub.h"

#include <algorithm>
#include <map>
#include <utility>

#include "core/check.h"

namespace certbroker::rpc {
namespace {

Error SessionsStop() {
  return {Reason::kShuttingDown, "the service is stopping: open the session again in a moment"};
}

}  // namespace

SessionHub::SessionHub(ChallengeBoard& board, ChangeFeed& feed, Executor& executor, Log& log)
    : board_(board),
      executor_(executor),
      log_(log),
      subscription_(feed.Subscribe(Channel::kChallenge,
                                   [this](const std::string& agent) { OnHint(agent); })) {}

SessionHub::~SessionHub() {
  subscription_.reset();
  const MutexLock lock(mutex_);
  while (refreshes_ > 0) refreshed_.Wait(mutex_);
}

void SessionHub::Add(const std::shared_ptr<AgentSession>& session) {
  bool ended = false;
  {
    const MutexLock lock(mutex_);
    agents_[session->agent()].sessions.push_back(session);
    ended = ended_;
  }
  if (ended) session->End(SessionsStop());
  Refresh(session->agent());
}

void SessionHub::Remove(const AgentSession& session) {
  {
    const MutexLock lock(mutex_);
    const auto found = agents_.find(session.agent());
    if (found == agents_.end()) return;
    // By identity: a task that still holds the session must not make it look alive.
    std::erase_if(found->second.sessions, [&](const std::weak_ptr<AgentSession>& one) {
      const auto alive = one.lock();
      return alive == nullptr || alive.get() == &session;
    });
  }
  Refresh(session.agent());
}

std::vector<std::shared_ptr<AgentSession>> SessionHub::All() {
  std::vector<std::shared_ptr<AgentSession>> all;
  for (const auto& [id, agent] : agents_) {
    for (const auto& session : agent.sessions) {
      if (auto alive = session.lock()) all.push_back(std::move(alive));
    }
  }
  return all;
}

void SessionHub::LookAtIdentities() {
  std::vector<std::shared_ptr<AgentSession>> all;
  {
    const MutexLock lock(mutex_);
    all = All();
  }
  for (const auto& session : all) session->LookAtIdentity();
}

void SessionHub::EndAll() {
  std::vector<std::shared_ptr<AgentSession>> all;
  {
    const MutexLock lock(mutex_);
    ended_ = true;
    all = All();
  }
  for (const auto& session : all) session->End(SessionsStop());
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
    ++refreshes_;
  }
  executor_.Post([this, agent] { RefreshNow(agent); });
}

void SessionHub::RefreshNow(const AgentId& agent) {
  OfferTasks(agent);
  bool again = false;
  {
    const MutexLock lock(mutex_);
    const auto found = agents_.find(agent);
    CERTBROKER_CHECK(found != agents_.end());  // only a refresh removes an agent
    found->second.refreshing = false;
    again = std::exchange(found->second.again, false);
    if (!again && found->second.sessions.empty()) agents_.erase(found);
  }
  if (again) Refresh(agent);
  // The last that it does with this object, and under the lock: the destructor waits for it.
  const MutexLock lock(mutex_);
  --refreshes_;
  refreshed_.NotifyAll();
}

void SessionHub::OfferTasks(const AgentId& agent) {
  const auto sessions = SessionsOf(agent);
  if (sessions.empty()) return;
  const auto tasks = board_.TasksFor(agent);
  if (!tasks) {
    // The change feed brings us back when the database is there again.
    log_.Warning("challenge_tasks_failed",
                 {{"agent", agent.ToString()}, {"error", tasks.error().ToString()}});
    return;
  }
  std::map<AgentSession*, std::vector<ChallengeTask>> offers;
  for (const auto& session : sessions) offers[session.get()];
  for (const ChallengeTask& task : *tasks) {
    const auto serving = std::find_if(sessions.rbegin(), sessions.rend(), [&](const auto& session) {
      return session->Serves(task.name);
    });
    if (serving != sessions.rend()) offers[serving->get()].push_back(task);
  }
  for (const auto& [session, offer] : offers) session->Offer(offer);
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
