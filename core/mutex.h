// core/mutex.h: std::mutex with the annotations that clang's thread safety analysis needs
// (-Wthread-safety).
//
// libstdc++'s own mutex carries none, so an unguarded access would go unnoticed. gcc sees plain
// wrappers.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define CERTBROKER_ATTRIBUTE(x) __attribute__((x))
#else
#define CERTBROKER_ATTRIBUTE(x)
#endif
// Abseil, which gRPC's headers bring along, defines one of these with the same meaning; whoever
// comes first wins.
#ifndef GUARDED_BY
#define GUARDED_BY(x) CERTBROKER_ATTRIBUTE(guarded_by(x))
#endif
#define REQUIRES(...) CERTBROKER_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) CERTBROKER_ATTRIBUTE(locks_excluded(__VA_ARGS__))

namespace certbroker {

class CERTBROKER_ATTRIBUTE(capability("mutex")) Mutex {
 public:
  void Lock() CERTBROKER_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }
  void Unlock() CERTBROKER_ATTRIBUTE(release_capability()) { mutex_.unlock(); }

 private:
  friend class ConditionVariable;
  std::mutex mutex_;
};

class CERTBROKER_ATTRIBUTE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) CERTBROKER_ATTRIBUTE(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.Lock();
  }
  ~MutexLock() CERTBROKER_ATTRIBUTE(release_capability()) { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Waits take the Mutex that the caller holds. They may wake for nothing: call them in a loop over
// the condition.
class ConditionVariable {
 public:
  void Wait(Mutex& mutex) REQUIRES(mutex) {
    std::unique_lock lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  // False when `deadline` passed.
  bool WaitUntil(Mutex& mutex, std::chrono::steady_clock::time_point deadline) REQUIRES(mutex) {
    std::unique_lock lock(mutex.mutex_, std::adopt_lock);
    const auto status = condition_.wait_until(lock, deadline);
    lock.release();
    return status == std::cv_status::no_timeout;
  }
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace certbroker
