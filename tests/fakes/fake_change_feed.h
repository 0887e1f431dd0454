// tests/fakes/fake_change_feed.h: a ChangeFeed whose hints arrive before the call that caused them
// returns.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "core/listeners.h"
#include "core/mutex.h"
#include "core/ports/change_feed.h"

namespace certbroker::fakes {

struct Hint {
  Channel channel;
  std::string payload;
};

// Thread-safe. Listeners run one at a time, on the thread that caused the hint or on one that is
// delivering already.
class FakeChangeFeed final : public ChangeFeed {
 public:
  std::unique_ptr<Subscription> Subscribe(Channel channel, Listener listener) override;

  void Deliver(std::vector<Hint> hints) EXCLUDES(mutex_);
  // As after a lost connection: an empty payload to everybody.
  void Reconnect() EXCLUDES(mutex_);

 private:
  void Drain() EXCLUDES(mutex_);

  const std::shared_ptr<Listeners> listeners_ = std::make_shared<Listeners>();
  Mutex mutex_;
  std::deque<Hint> waiting_ GUARDED_BY(mutex_);
  bool delivering_ GUARDED_BY(mutex_) = false;
};

}  // namespace certbroker::fakes
