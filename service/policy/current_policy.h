// service/policy/current_policy.h: the policy that is asked now; it may be replaced while the
// service runs.
#pragma once

#include <memory>
#include <utility>

#include "core/mutex.h"
#include "service/policy/policy.h"

namespace certbroker::policy {

// Thread-safe. Who asks more than once for one decision asks one Get.
class CurrentPolicy {
 public:
  explicit CurrentPolicy(Policy policy)
      : policy_(std::make_shared<const Policy>(std::move(policy))) {}

  // Never null; stays as it is for as long as it is held.
  std::shared_ptr<const Policy> Get() const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return policy_;
  }

  void Replace(Policy policy) EXCLUDES(mutex_) {
    auto replacement = std::make_shared<const Policy>(std::move(policy));
    const MutexLock lock(mutex_);
    policy_.swap(replacement);
  }

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const Policy> policy_ GUARDED_BY(mutex_);
};

}  // namespace certbroker::policy
