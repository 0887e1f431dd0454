#include "keystore/gate.h"

namespace certbroker::keystore {

std::optional<Gate::Pass> Gate::Enter(SteadyTime deadline) {
  const MutexLock lock(mutex_);
  while (closed_) {
    if (!changed_.WaitUntil(mutex_, deadline) && closed_) return std::nullopt;
  }
  ++inside_;
  return Pass(*this);
}

void Gate::Close() {
  const MutexLock lock(mutex_);
  closed_ = true;
}

bool Gate::Drain(SteadyTime deadline) {
  const MutexLock lock(mutex_);
  while (inside_ > 0) {
    if (!changed_.WaitUntil(mutex_, deadline) && inside_ > 0) return false;
  }
  return true;
}

void Gate::Reopen() {
  {
    const MutexLock lock(mutex_);
    closed_ = false;
  }
  changed_.NotifyAll();
}

void Gate::Leave() {
  const MutexLock lock(mutex_);
  --inside_;
  // Under the lock: whoever drained may destroy the gate as soon as it sees zero. While the gate is
  // open nobody waits for this.
  if (closed_ && inside_ == 0) changed_.NotifyAll();
}

}  // namespace certbroker::keystore
