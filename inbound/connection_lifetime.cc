#include "inbound/connection_lifetime.h"

#include <sys/socket.h>

#include <algorithm>

namespace certbroker::inbound {

ConnectionLifetime::ConnectionLifetime(std::chrono::milliseconds limit) : limit_(limit) {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void ConnectionLifetime::Begin(int socket) {
  const MutexLock lock(mutex_);
  deadlines_[socket] = clock_.Tick() + limit_;
  changed_.NotifyAll();
}

void ConnectionLifetime::End(int socket) {
  const MutexLock lock(mutex_);
  deadlines_.erase(socket);
}

void ConnectionLifetime::Run(const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] {
    const MutexLock lock(mutex_);
    changed_.NotifyAll();
  });
  const MutexLock lock(mutex_);
  while (!stop.stop_requested()) {
    if (deadlines_.empty()) {
      changed_.Wait(mutex_);
    } else {
      changed_.WaitUntil(mutex_, ShutDownDue(clock_.Tick()));
    }
  }
}

SteadyTime ConnectionLifetime::ShutDownDue(SteadyTime now) {
  SteadyTime next = now + limit_;
  for (auto one = deadlines_.begin(); one != deadlines_.end();) {
    if (one->second > now) {
      next = std::min(next, one->second);
      ++one;
      continue;
    }
    ::shutdown(one->first, SHUT_RDWR);
    one = deadlines_.erase(one);
  }
  return next;
}

}  // namespace certbroker::inbound
