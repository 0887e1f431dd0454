// core/listeners.h: who wants to hear of which channel: the table behind a ChangeFeed.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <thread>

#include "core/mutex.h"
#include "core/ports/change_feed.h"

namespace certbroker {

// Add and the end of a subscription: any thread. Deliver…: one thread, the feed's.
class Listeners : public std::enable_shared_from_this<Listeners> {
 public:
  std::unique_ptr<ChangeFeed::Subscription> Add(Channel channel, ChangeFeed::Listener listener)
      EXCLUDES(mutex_);

  void Deliver(Channel channel, const std::string& payload) EXCLUDES(mutex_);
  // An empty payload to every listener of every channel.
  void DeliverToAll() EXCLUDES(mutex_);

 private:
  struct Entry {
    Channel channel;
    ChangeFeed::Listener listener;
  };
  using Place = std::list<Entry>::iterator;
  class Subscribed;

  void Remove(Place place) EXCLUDES(mutex_);
  template <class Wanted>
  void DeliverWhere(const Wanted& wanted, const std::string& payload) EXCLUDES(mutex_);

  Mutex mutex_;
  ConditionVariable finished_;
  std::list<Entry> entries_ GUARDED_BY(mutex_);
  // The one whose listener runs now, on which thread. It may end its own subscription.
  const Entry* running_ GUARDED_BY(mutex_) = nullptr;
  bool running_was_removed_ GUARDED_BY(mutex_) = false;
  std::thread::id runner_ GUARDED_BY(mutex_);
};

}  // namespace certbroker
