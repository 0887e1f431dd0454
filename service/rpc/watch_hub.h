// service/rpc/watch_hub.h: who is watching what: turns hints of the change feed into "look again"
// for parked streams.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>

#include "core/error.h"
#include "core/mutex.h"
#include "core/ports/change_feed.h"

namespace certbroker::rpc {

// Thread-safe. One hub per kind of thing (channel). Every watcher is told now and then even without
// a hint: hints may be lost.
class WatchHub {
 public:
  // Must not block; runs on the feed's or the hub's thread, never after its Watch is gone.
  using LookAgain = std::function<void()>;
  // Likewise; the service stops, and nobody else would end the watch.
  using End = std::function<void(const Error&)>;

  class Watch {
   public:
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    friend class WatchHub;
    Watch(WatchHub& hub, std::string key, std::uint64_t id)
        : hub_(hub), key_(std::move(key)), id_(id) {}
    WatchHub& hub_;
    const std::string key_;
    const std::uint64_t id_;
  };

  WatchHub(ChangeFeed& feed, Channel channel);
  ~WatchHub();

  // `key` is the payload of the channel: an order's or certificate's id.
  std::unique_ptr<Watch> Add(std::string key, LookAgain look_again, End end) EXCLUDES(mutex_);

  // Ends every watch, and each that is added later. kShuttingDown.
  void EndAll() EXCLUDES(mutex_);

 private:
  struct Watcher {
    LookAgain look_again;
    End end;
  };

  void OnHint(const std::string& key) EXCLUDES(mutex_);
  void RemindAll() EXCLUDES(mutex_);
  void Run(const std::stop_token& stop) EXCLUDES(mutex_);
  void Remove(const std::string& key, std::uint64_t id) EXCLUDES(mutex_);

  Mutex mutex_;
  ConditionVariable stopping_changed_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::uint64_t next_id_ GUARDED_BY(mutex_) = 0;
  bool ended_ GUARDED_BY(mutex_) = false;
  std::unordered_map<std::string, std::unordered_map<std::uint64_t, Watcher>> watches_
      GUARDED_BY(mutex_);
  std::unique_ptr<ChangeFeed::Subscription> subscription_;
  std::jthread reminder_;
};

}  // namespace certbroker::rpc
