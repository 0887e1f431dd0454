#include "core/executor.h"

#include <pthread.h>

#include <utility>

namespace certbroker {

Executor::Executor(Options options) : options_(std::move(options)) {
  threads_.reserve(options_.threads);
  for (std::size_t i = 0; i < options_.threads; ++i) {
    threads_.emplace_back([this, i] { Run(i); });
  }
}

Executor::~Executor() { Stop(); }

bool Executor::TryPost(UniqueFunction<void()> task) {
  return TryPostBelow(options_.queue_limit, std::move(task));
}

bool Executor::TryPostMinor(UniqueFunction<void()> task) {
  return TryPostBelow((options_.queue_limit + 1) / 2, std::move(task));
}

bool Executor::TryPostBelow(std::size_t limit, UniqueFunction<void()> task) {
  {
    const MutexLock lock(mutex_);
    if (stopping_ || queue_.size() >= limit) return false;
    queue_.push_back(std::move(task));
  }
  ready_.NotifyOne();
  return true;
}

void Executor::Post(UniqueFunction<void()> task) {
  {
    const MutexLock lock(mutex_);
    if (!stopping_) {
      queue_.push_back(std::move(task));
      ready_.NotifyOne();
      return;
    }
  }
  task();
}

void Executor::Stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  ready_.NotifyAll();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void Executor::Run(std::size_t index) {
  const std::string name = options_.name + "/" + std::to_string(index);
  ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
  for (;;) {
    UniqueFunction<void()> task;
    {
      const MutexLock lock(mutex_);
      while (queue_.empty() && !stopping_) ready_.Wait(mutex_);
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    task();
  }
}

}  // namespace certbroker
