#include "keystore/gate.h"

namespace certbroker::keystore {

bool Gate::TryEnter() {
  std::uint64_t state = state_.load(std::memory_order_relaxed);
  while ((state & kClosed) == 0) {
    if (state_.compare_exchange_weak(state, state + 1, std::memory_order_acquire)) return true;
  }
  return false;
}

std::optional<Gate::Pass> Gate::Enter(SteadyTime deadline) {
  while (!TryEnter()) {
    const MutexLock lock(mutex_);
    while ((state_.load() & kClosed) != 0) {
      if (!changed_.WaitUntil(mutex_, deadline) && (state_.load() & kClosed) != 0) {
        return std::nullopt;
      }
    }
  }
  return Pass(*this);
}

void Gate::Close() {
  const MutexLock lock(mutex_);
  state_.fetch_or(kClosed);
}

bool Gate::Drain(SteadyTime deadline) {
  const MutexLock lock(mutex_);
  while ((state_.load() & ~kClosed) != 0) {
    if (!changed_.WaitUntil(mutex_, deadline) && (state_.load() & ~kClosed) != 0) return false;
  }
  return true;
}

void Gate::Reopen() {
  {
    const MutexLock lock(mutex_);
    state_.fetch_and(~kClosed);
  }
  changed_.NotifyAll();
}

void Gate::Leave() {
  std::uint64_t state = state_.load(std::memory_order_relaxed);
  while ((state & kClosed) == 0) {
    if (state_.compare_exchange_weak(state, state - 1, std::memory_order_release)) return;
  }
  // Under the lock: whoever drained may destroy the gate as soon as it sees zero.
  const MutexLock lock(mutex_);
  const std::uint64_t left = state_.fetch_sub(1) - 1;
  if ((left & ~kClosed) == 0) changed_.NotifyAll();
}

}  // namespace certbroker::keystore
