// tests/fakes/fake_key_use_ledger.h: a ledger of key uses in memory, which can refuse.
#pragma once

#include <optional>
#include <vector>

#include "core/mutex.h"
#include "core/ports/key_use_ledger.h"

namespace certbroker {

// Thread-safe.
class FakeKeyUseLedger final : public KeyUseLedger {
 public:
  Result<void> Record(const KeyUse& use, SteadyTime) override {
    const MutexLock lock(mutex_);
    if (failure_) return *failure_;
    uses_.push_back(use);
    return {};
  }

  std::vector<KeyUse> uses() const {
    const MutexLock lock(mutex_);
    return uses_;
  }
  // From now on; nothing: records again.
  void FailWith(std::optional<Error> error) {
    const MutexLock lock(mutex_);
    failure_ = std::move(error);
  }

 private:
  mutable Mutex mutex_;
  std::vector<KeyUse> uses_ GUARDED_BY(mutex_);
  std::optional<Error> failure_ GUARDED_BY(mutex_);
};

}  // namespace certbroker
