// tests/fakes/fake_checkpoint_store.h: checkpoints in memory.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "core/mutex.h"
#include "core/ports/checkpoint_store.h"

namespace certbroker {

// Thread-safe.
class FakeCheckpointStore final : public CheckpointStore {
 public:
  Result<std::optional<Checkpoint>> Due(std::chrono::milliseconds) override {
    const MutexLock lock(mutex_);
    if (failure_) return *failure_;
    const bool said = head_ && std::ranges::any_of(added_, [&](const SignedCheckpoint& one) {
                        return one.checkpoint.number == head_->number;
                      });
    return said ? std::nullopt : head_;
  }
  Result<void> Add(const SignedCheckpoint& checkpoint) override {
    const MutexLock lock(mutex_);
    added_.push_back(checkpoint);
    return {};
  }
  // One page holds them all.
  Result<Page<SignedCheckpoint>> List(const PageRequest&) override {
    const MutexLock lock(mutex_);
    return Page<SignedCheckpoint>{{added_.rbegin(), added_.rend()}, ""};
  }

  void SetHead(std::optional<Checkpoint> head) {
    const MutexLock lock(mutex_);
    head_ = std::move(head);
  }
  void FailWith(std::optional<Error> error) {
    const MutexLock lock(mutex_);
    failure_ = std::move(error);
  }
  std::vector<SignedCheckpoint> added() const {
    const MutexLock lock(mutex_);
    return added_;
  }

 private:
  mutable Mutex mutex_;
  std::optional<Checkpoint> head_ GUARDED_BY(mutex_);
  std::vector<SignedCheckpoint> added_ GUARDED_BY(mutex_);
  std::optional<Error> failure_ GUARDED_BY(mutex_);
};

}  // namespace certbroker
