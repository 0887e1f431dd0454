#include "service/identity/use_recorder.h"

namespace certbroker::identity {

UseRecorder::~UseRecorder() {
  const MutexLock lock(mutex_);
  while (!under_way_.empty()) done_.Wait(mutex_);
}

void UseRecorder::Note(const Peer& peer) {
  if (!peer.number) return;
  const auto standing = registry_.StandingOf(peer.agent);
  if (standing && standing->used_identity >= *peer.number) return;
  const IdentityNumber number = *peer.number;
  const MutexLock lock(mutex_);
  if (!under_way_.insert(number).second) return;
  if (!executor_.TryPostMinor([this, agent = peer.agent, number] { Record(agent, number); })) {
    under_way_.erase(number);
  }
}

void UseRecorder::Record(const AgentId& agent, IdentityNumber number) {
  auto recorded = agents_.RecordUse(agent, number);
  // Before the number is forgotten, so that the next call knows of it.
  if (recorded) recorded = registry_.Refresh();
  if (recorded) {
    log_.Info("identity_used", {{"agent", agent.ToString()}, {"number", std::to_string(number)}});
  } else {
    log_.Warning("identity_use_not_recorded",
                 {{"agent", agent.ToString()}, {"error", recorded.error().ToString()}});
  }
  const MutexLock lock(mutex_);
  under_way_.erase(number);
  done_.NotifyAll();
}

}  // namespace certbroker::identity
