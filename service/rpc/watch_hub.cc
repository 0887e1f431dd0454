#include "service/rpc/watch_hub.h"

#include <pthread.h>

#include <utility>

namespace certbroker::rpc {
namespace {
constexpr std::chrono::seconds kRemindEvery{5};

Error Stopping() {
  return {Reason::kShuttingDown, "the service is stopping: open the stream again in a moment"};
}
}  // namespace

WatchHub::Watch::~Watch() { hub_.Remove(key_, id_); }

WatchHub::WatchHub(ChangeFeed& feed, Channel channel)
    : subscription_(
          feed.Subscribe(channel, [this](const std::string& payload) { OnHint(payload); })),
      reminder_([this](const std::stop_token& stop) { Run(stop); }) {}

WatchHub::~WatchHub() {
  subscription_.reset();
  reminder_.request_stop();
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  stopping_changed_.NotifyAll();
}

std::unique_ptr<WatchHub::Watch> WatchHub::Add(std::string key, LookAgain look_again, End end) {
  const MutexLock lock(mutex_);
  if (ended_) end(Stopping());
  const std::uint64_t id = next_id_++;
  watches_[key].emplace(id, Watcher{std::move(look_again), std::move(end)});
  return std::unique_ptr<Watch>(new Watch(*this, std::move(key), id));
}

void WatchHub::EndAll() {
  const MutexLock lock(mutex_);
  ended_ = true;
  for (const auto& [key, watches] : watches_) {
    for (const auto& [id, watcher] : watches) watcher.end(Stopping());
  }
}

void WatchHub::Remove(const std::string& key, std::uint64_t id) {
  const MutexLock lock(mutex_);
  const auto found = watches_.find(key);
  if (found == watches_.end()) return;
  found->second.erase(id);
  if (found->second.empty()) watches_.erase(found);
}

// Called with the lock held, so that a watch that is being removed is either told before or not at
// all.
void WatchHub::OnHint(const std::string& key) {
  if (key.empty()) {
    RemindAll();
    return;
  }
  const MutexLock lock(mutex_);
  const auto found = watches_.find(key);
  if (found == watches_.end()) return;
  for (const auto& [id, watcher] : found->second) watcher.look_again();
}

void WatchHub::RemindAll() {
  const MutexLock lock(mutex_);
  for (const auto& [key, watches] : watches_) {
    for (const auto& [id, watcher] : watches) watcher.look_again();
  }
}

void WatchHub::Run(const std::stop_token& stop) {
  ::pthread_setname_np(::pthread_self(), "watch-hub");
  while (!stop.stop_requested()) {
    {
      const MutexLock lock(mutex_);
      const auto until = std::chrono::steady_clock::now() + kRemindEvery;
      while (!stopping_ && stopping_changed_.WaitUntil(mutex_, until)) {
      }
      if (stopping_) return;
    }
    RemindAll();
  }
}

}  // namespace certbroker::rpc
