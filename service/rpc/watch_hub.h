// service/rpc/watch_hub.h: who is watching what: turns hints of the change feed into "look again"
// for parked streams.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>

#include "core/clock.h"
#include "core/error.h"
#include "core/mutex.h"
#include "core/ports/change_feed.h"
#include "core/random.h"

namespace certbroker::rpc {

// Thread-safe. One hub per kind of thing (channel). Hints may be lost, so every watcher is told
// without one too, each about once in kRemindAfter and not all at the same time. After a hint to
// look at everything each is told within kLookAtAllWithin. Later if watchers put it off. Time is
// the clock's; the hub's thread asks it four times a second.
class WatchHub {
 public:
  static constexpr std::chrono::milliseconds kRemindAfter{30'000};  // a quarter more or less
  static constexpr std::chrono::milliseconds kLookAtAllWithin{10'000};

  // False: not now, there is too much to do; tell again soon. Must not block; runs on the feed's or
  // the hub's thread, never after its Watch is gone.
  using LookAgain = std::function<bool()>;
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

  // References are kept.
  WatchHub(ChangeFeed& feed, Channel channel, Clock& clock, Random& random);
  ~WatchHub();

  // `key` is the payload of the channel: an order's or certificate's id.
  std::unique_ptr<Watch> Add(std::string key, LookAgain look_again, End end) EXCLUDES(mutex_);

  // Tells every watcher whose time has come. The hub's thread does so by itself.
  void RemindDue() EXCLUDES(mutex_);

  // Ends every watch, and each that is added later. kShuttingDown.
  void EndAll() EXCLUDES(mutex_);

 private:
  struct Watcher {
    LookAgain look_again;
    End end;
    SteadyTime due;  // to be told without a hint
  };

  void OnHint(const std::string& key) EXCLUDES(mutex_);
  void SpreadAll() EXCLUDES(mutex_);
  bool Tell(Watcher& watcher) REQUIRES(mutex_);
  std::chrono::milliseconds UntilReminder();
  void Run(const std::stop_token& stop) EXCLUDES(mutex_);
  void Remove(const std::string& key, std::uint64_t id) EXCLUDES(mutex_);

  Clock& clock_;
  Random& random_;
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
