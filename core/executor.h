// core/executor.h: a fixed number of named threads that run tasks from a bounded queue, in order of
// arrival.
//
// The queue's bound is the back-pressure: when it is full, TryPost says so and the caller answers
// RESOURCE_EXHAUSTED; memory is not the waiting room. The destructor runs what is queued and joins.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "core/mutex.h"
#include "core/unique_function.h"

namespace certbroker {

// Thread-safe. Tasks must not throw.
class Executor {
 public:
  struct Options {
    std::string name;  // of the threads, ≤ 12 characters
    std::size_t threads = 1;
    std::size_t queue_limit = 1024;
  };

  explicit Executor(Options options);
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // False when the queue is full or Stop was called; the task is then destroyed unrun.
  [[nodiscard]] bool TryPost(UniqueFunction<void()> task) EXCLUDES(mutex_);
  // TryPost for what may as well be done later: leaves half of the queue to what may not. False
  // also when the queue is more than half full.
  [[nodiscard]] bool TryPostMinor(UniqueFunction<void()> task) EXCLUDES(mutex_);
  // For tasks that finish work already begun and so must not be refused: ignores the bound. After
  // Stop the task runs in the calling thread.
  void Post(UniqueFunction<void()> task) EXCLUDES(mutex_);

  // Takes no more tasks, runs what is queued, joins. Idempotent. Not from one of its own threads.
  void Stop() EXCLUDES(mutex_);

 private:
  bool TryPostBelow(std::size_t limit, UniqueFunction<void()> task) EXCLUDES(mutex_);
  void Run(std::size_t index) EXCLUDES(mutex_);

  const Options options_;
  Mutex mutex_;
  ConditionVariable ready_;
  std::deque<UniqueFunction<void()>> queue_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_;
};

}  // namespace certbroker
