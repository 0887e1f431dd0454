#include "tests/fakes/fake_change_feed.h"

#include <utility>

namespace certbroker::fakes {

std::unique_ptr<ChangeFeed::Subscription> FakeChangeFeed::Subscribe(Channel channel,
                                                                    Listener listener) {
  return listeners_->Add(channel, std::move(listener));
}

void FakeChangeFeed::Deliver(std::vector<Hint> hints) {
  {
    const MutexLock lock(mutex_);
    for (Hint& hint : hints) waiting_.push_back(std::move(hint));
  }
  Drain();
}

void FakeChangeFeed::Reconnect() {
  Deliver({{Channel::kWork, ""},
           {Channel::kOrder, ""},
           {Channel::kCertificate, ""},
           {Channel::kChallenge, ""},
           {Channel::kAccount, ""}});
}

void FakeChangeFeed::Drain() {
  while (true) {
    Hint hint;
    {
      const MutexLock lock(mutex_);
      if (delivering_ || waiting_.empty()) return;
      hint = std::move(waiting_.front());
      waiting_.pop_front();
      delivering_ = true;
    }
    listeners_->Deliver(hint.channel, hint.payload);
    const MutexLock lock(mutex_);
    delivering_ = false;
  }
}

}  // namespace certbroker::fakes
