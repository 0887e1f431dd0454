// service/identity/use_recorder.h: has the first use of an identity put on record, which makes
// older ones of its agent count no more.
#pragma once

#include <set>

#include "core/executor.h"
#include "core/log.h"
#include "core/mutex.h"
#include "core/ports/agent_store.h"
#include "service/identity/agent_registry.h"
#include "service/identity/peer_judge.h"

namespace certbroker::identity {

// Thread-safe. What cannot be put on record now is tried again at the next call.
class UseRecorder {
 public:
  // References are kept.
  UseRecorder(AgentStore& agents, AgentRegistry& registry, Executor& executor, Log& log)
      : agents_(agents), registry_(registry), executor_(executor), log_(log) {}
  // Waits for what is under way.
  ~UseRecorder();

  // Does not block.
  void Note(const Peer& peer) EXCLUDES(mutex_);

 private:
  void Record(const AgentId& agent, IdentityNumber number) EXCLUDES(mutex_);

  AgentStore& agents_;
  AgentRegistry& registry_;
  Executor& executor_;
  Log& log_;
  Mutex mutex_;
  ConditionVariable done_;
  std::set<IdentityNumber> under_way_ GUARDED_BY(mutex_);
};

}  // namespace certbroker::identity
