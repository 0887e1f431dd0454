#include "core/listeners.h"

#include <utility>

namespace certbroker {

class Listeners::Subscribed final : public ChangeFeed::Subscription {
 public:
  Subscribed(std::shared_ptr<Listeners> listeners, Place place)
      : listeners_(std::move(listeners)), place_(place) {}
  ~Subscribed() override { listeners_->Remove(place_); }
  Subscribed(const Subscribed&) = delete;
  Subscribed& operator=(const Subscribed&) = delete;

 private:
  std::shared_ptr<Listeners> listeners_;  // a subscription may outlive the feed
  Place place_;
};

std::unique_ptr<ChangeFeed::Subscription> Listeners::Add(Channel channel,
                                                         ChangeFeed::Listener listener) {
  const MutexLock lock(mutex_);
  const auto place = entries_.insert(entries_.end(), {channel, std::move(listener)});
  return std::make_unique<Subscribed>(shared_from_this(), place);
}

void Listeners::Remove(Place place) {
  std::list<Entry> removed;  // destroyed outside the lock: what a listener captured may be anything
  const MutexLock lock(mutex_);
  if (running_ == &*place && runner_ == std::this_thread::get_id()) {
    // From inside its own listener: waiting would be for ever. The entry goes when it returns.
    running_was_removed_ = true;
    return;
  }
  while (running_ == &*place) finished_.Wait(mutex_);
  removed.splice(removed.end(), entries_, place);
}

template <class Wanted>
void Listeners::DeliverWhere(const Wanted& wanted, const std::string& payload) {
  std::list<Entry> removed;
  mutex_.Lock();
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    if (!wanted(entry->channel)) {
      ++entry;
      continue;
    }
    const Entry* const running = &*entry;
    running_ = running;
    runner_ = std::this_thread::get_id();
    running_was_removed_ = false;
    mutex_.Unlock();  // no lock is held while calling out
    running->listener(payload);
    mutex_.Lock();
    running_ = nullptr;
    const auto done = entry++;
    if (running_was_removed_) removed.splice(removed.end(), entries_, done);
    finished_.NotifyAll();
  }
  mutex_.Unlock();
}

void Listeners::Deliver(Channel channel, const std::string& payload) {
  DeliverWhere([channel](Channel candidate) { return candidate == channel; }, payload);
}

void Listeners::DeliverToAll() {
  DeliverWhere([](Channel) { return true; }, std::string());
}

}  // namespace certbroker
