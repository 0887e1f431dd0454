// tests/conformance/heard_hints.h: the hints of a ChangeFeed, for tests that wait for them.
#pragma once

#include <chrono>
#include <set>
#include <string>

#include "core/mutex.h"
#include "core/ports/change_feed.h"

namespace certbroker {

// What listeners heard; waits for it.
class HeardHints {
 public:
  ChangeFeed::Listener On(const std::string& channel) {
    return [this, channel](const std::string& payload) {
      const MutexLock lock(mutex_);
      heard_.insert(channel + " " + payload);
      ++count_;
      changed_.NotifyAll();
    };
  }
  bool Hears(const std::string& hint) EXCLUDES(mutex_) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    const MutexLock lock(mutex_);
    while (heard_.count(hint) == 0) {
      if (!changed_.WaitUntil(mutex_, limit)) return heard_.count(hint) != 0;
    }
    return true;
  }
  // By now.
  bool HasHeard(const std::string& hint) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return heard_.count(hint) != 0;
  }
  int count() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return count_;
  }
  void Clear() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    heard_.clear();
  }

 private:
  Mutex mutex_;
  ConditionVariable changed_;
  std::set<std::string> heard_ GUARDED_BY(mutex_);
  int count_ GUARDED_BY(mutex_) = 0;
};

}  // namespace certbroker
