// service/identity/agent_registry.h: what this replica has in memory about agents and agent CAs, so
// that a call is judged without asking the database.
#pragma once

#include <functional>
#include <memory>
#include <thread>
#include <unordered_map>
#include <vector>

#include "core/clock.h"
#include "core/log.h"
#include "core/mutex.h"
#include "core/ports/agent_ca_store.h"
#include "core/ports/agent_store.h"
#include "core/ports/change_feed.h"
#include "pki/certificate.h"

namespace certbroker::identity {

struct KnownCa {
  AgentCaId id;
  AgentCaState state = AgentCaState::kPrepared;
  std::string key_uri;
  pki::Certificate certificate;
  Time create_time = {};
};

// Thread-safe. A thread of its own reads what changed, at every hint and every few seconds, so that
// a ban counts within five seconds whatever happens to hints. While the database is away everybody
// is judged by what was known last.
class AgentRegistry {
 public:
  static constexpr std::chrono::milliseconds kLook{2'000};

  using Cas = std::vector<KnownCa>;
  // Runs after something changed, on the registry's thread or on one that called Refresh; must not
  // block.
  using OnChange = std::function<void()>;

  // References are kept.
  AgentRegistry(AgentStore& agents, AgentCaStore& cas, ChangeFeed& feed, Clock& clock, Log& log);
  ~AgentRegistry();
  AgentRegistry(const AgentRegistry&) = delete;
  AgentRegistry& operator=(const AgentRegistry&) = delete;

  // Once, before Start: reads everything. kDatabaseUnavailable.
  Result<void> Load() { return Refresh(); }
  // `on_change` may be called until the registry is gone.
  void Start(OnChange on_change);
  // Ends the thread; on_change is not called any more, by anybody. Idempotent.
  void Stop() EXCLUDES(mutex_);
  // Reads what changed now; blocks. For who has just changed something.
  Result<void> Refresh() EXCLUDES(refresh_mutex_, mutex_);

  // Never null; replaced as a whole, so the pointer tells whether anything changed.
  std::shared_ptr<const Cas> cas() const EXCLUDES(mutex_);
  // Nothing: no row, as of agents that are known by a certificate of the operator's CA.
  std::optional<AgentStanding> StandingOf(const AgentId& agent) const EXCLUDES(mutex_);

  // kAgentBanned, kAgentNotEnrolled (removed), kIdentitySuperseded. `number`: of the identity that
  // the agent shows; none: it is not one of the service's own.
  Result<void> Check(const AgentId& agent, std::optional<IdentityNumber> number) const;

 private:
  void Run() EXCLUDES(mutex_);
  void ReadAllNext() EXCLUDES(refresh_mutex_);
  Result<bool> RefreshAgents() REQUIRES(refresh_mutex_);
  Result<bool> RefreshCas() REQUIRES(refresh_mutex_);

  AgentStore& agents_;
  AgentCaStore& ca_store_;
  Clock& clock_;
  Log& log_;

  Mutex refresh_mutex_;
  OnChange on_change_ GUARDED_BY(refresh_mutex_);
  std::int64_t change_ GUARDED_BY(refresh_mutex_) = 0;
  // Something changed that on_change_ has not been told of: also while there was none, or when the
  // rest of a refresh failed.
  bool review_due_ GUARDED_BY(refresh_mutex_) = false;

  mutable Mutex mutex_;
  ConditionVariable wake_;
  bool hinted_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::unordered_map<AgentId, AgentStanding> standings_ GUARDED_BY(mutex_);
  std::shared_ptr<const Cas> cas_ GUARDED_BY(mutex_) = std::make_shared<const Cas>();

  std::unique_ptr<ChangeFeed::Subscription> subscription_;
  std::jthread thread_;
};

}  // namespace certbroker::identity
