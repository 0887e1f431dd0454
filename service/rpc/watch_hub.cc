#include "service/rpc/watch_hub.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

namespace certbroker::rpc {
namespace {
using std::chrono::milliseconds;

constexpr milliseconds kTick{250};

Error WatchesStop() {
  return {Reason::kShuttingDown, "the service is stopping: open the stream again in a moment"};
}
}  // namespace

WatchHub::Watch::~Watch() { hub_.Remove(key_, id_); }

WatchHub::WatchHub(ChangeFeed& feed, Channel channel, Clock& clock, Random& random)
    : clock_(clock),
      random_(random),
      subscription_(
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
  if (ended_) end(WatchesStop());
  const std::uint64_t id = next_id_++;
  watches_[key].emplace(
      id, Watcher{std::move(look_again), std::move(end), clock_.Tick() + UntilReminder()});
  return std::unique_ptr<Watch>(new Watch(*this, std::move(key), id));
}

void WatchHub::EndAll() {
  const MutexLock lock(mutex_);
  ended_ = true;
  for (const auto& [key, watches] : watches_) {
    for (const auto& [id, watcher] : watches) watcher.end(WatchesStop());
  }
}

void WatchHub::Remove(const std::string& key, std::uint64_t id) {
  const MutexLock lock(mutex_);
  const auto found = watches_.find(key);
  if (found == watches_.end()) return;
  found->second.erase(id);
  if (found->second.empty()) watches_.erase(found);
}

// Watchers are called with the lock held, so that a watch that is being removed is either told
// before or not at all.
void WatchHub::OnHint(const std::string& key) {
  if (key.empty()) {
    SpreadAll();
    return;
  }
  const MutexLock lock(mutex_);
  const auto found = watches_.find(key);
  if (found == watches_.end()) return;
  for (auto& [id, watcher] : found->second) Tell(watcher);
}

// All at once, they would take the database's and the executor's whole attention.
void WatchHub::SpreadAll() {
  const MutexLock lock(mutex_);
  const SteadyTime now = clock_.Tick();
  for (auto& [key, watches] : watches_) {
    for (auto& [id, watcher] : watches) {
      const milliseconds wait(random_.Below(kLookAtAllWithin.count()));
      watcher.due = std::min(watcher.due, now + wait);
    }
  }
}

void WatchHub::RemindDue() {
  const MutexLock lock(mutex_);
  const SteadyTime now = clock_.Tick();
  for (auto& [key, watches] : watches_) {
    for (auto& [id, watcher] : watches) {
      // Once one is put off, so would be all others.
      if (watcher.due <= now && !Tell(watcher)) return;
    }
  }
}

bool WatchHub::Tell(Watcher& watcher) {
  const SteadyTime now = clock_.Tick();
  const bool told = watcher.look_again();
  watcher.due = told ? now + UntilReminder() : now;
  return told;
}

milliseconds WatchHub::UntilReminder() {
  return kRemindAfter * 3 / 4 + milliseconds(random_.Below((kRemindAfter / 2).count()));
}

void WatchHub::Run(const std::stop_token& stop) {
  ::pthread_setname_np(::pthread_self(), "watch-hub");
  while (!stop.stop_requested()) {
    {
      const MutexLock lock(mutex_);
      const auto until = std::chrono::steady_clock::now() + kTick;
      while (!stopping_ && stopping_changed_.WaitUntil(mutex_, until)) {
      }
      if (stopping_) return;
    }
    RemindDue();
  }
}

}  // namespace certbroker::rpc
