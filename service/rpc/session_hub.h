// service/rpc/session_hub.h: which agents are connected to this replica, and which of their
// sessions is to serve a challenge.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/executor.h"
#include "core/ids.h"
#include "core/log.h"
#include "core/mutex.h"
#include "core/ports/challenge_board.h"
#include "core/ports/change_feed.h"

namespace certbroker::rpc {

// One open Session stream, as the hub sees it.
class AgentSession {
 public:
  virtual ~AgentSession() = default;
  virtual const AgentId& agent() const = 0;
  // Whether the session said that it can serve challenges for this DNS name.
  virtual bool Serves(const std::string& name) const = 0;
  // Everything that this session is to serve or take down now and has not said to be done. Sends
  // what it has not sent yet. Must not block.
  virtual void Offer(const std::vector<ChallengeTask>& tasks) = 0;
  // Tells the agent to replace its identity, once, if the CA that signed it is given up. Must not
  // block.
  virtual void LookAtIdentity() = 0;
  // The service stops. Must not block.
  virtual void End(const Error& why) = 0;
};

// Thread-safe. Reads the board on the executor, whenever the feed hints and whenever a session
// comes or goes.
class SessionHub {
 public:
  SessionHub(ChallengeBoard& board, ChangeFeed& feed, Executor& executor, Log& log);
  ~SessionHub();  // waits for reads of the board that are under way

  // From now on the newest session of its agent. The hub does not keep it alive.
  void Add(const std::shared_ptr<AgentSession>& session) EXCLUDES(mutex_);
  // To be called when a session has ended: what it was to serve goes to another one of the agent,
  // if there is one.
  void Remove(const AgentSession& session) EXCLUDES(mutex_);
  // After agent CAs changed: AgentSession::LookAtIdentity of every session.
  void LookAtIdentities() EXCLUDES(mutex_);
  // Ends every session, and each that is added later. kShuttingDown.
  void EndAll() EXCLUDES(mutex_);

 private:
  struct Agent {
    std::vector<std::weak_ptr<AgentSession>> sessions;  // newest last
    bool refreshing = false;
    bool again = false;
  };

  void OnHint(const std::string& agent) EXCLUDES(mutex_);
  void Refresh(const AgentId& agent) EXCLUDES(mutex_);
  void RefreshNow(const AgentId& agent) EXCLUDES(mutex_);
  void OfferTasks(const AgentId& agent) EXCLUDES(mutex_);
  std::vector<std::shared_ptr<AgentSession>> All() REQUIRES(mutex_);
  std::vector<std::shared_ptr<AgentSession>> SessionsOf(const AgentId& agent) EXCLUDES(mutex_);

  ChallengeBoard& board_;
  Executor& executor_;
  Log& log_;
  Mutex mutex_;
  std::unordered_map<AgentId, Agent> agents_ GUARDED_BY(mutex_);
  bool ended_ GUARDED_BY(mutex_) = false;
  int refreshes_ GUARDED_BY(mutex_) = 0;  // posted and not done yet
  ConditionVariable refreshed_;
  std::unique_ptr<ChangeFeed::Subscription> subscription_;
};

}  // namespace certbroker::rpc
