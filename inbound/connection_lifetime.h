// inbound/connection_lifetime.h: ends connections that take too long, however busy they look.
#pragma once

#include <chrono>
#include <map>
#include <thread>

#include "core/clock.h"
#include "core/mutex.h"

namespace certbroker::inbound {

// libmicrohttpd's own timeout begins anew with every octet, so that a client that sends one every
// few seconds could stay for ever. This one does not. Has a thread; thread-safe.
class ConnectionLifetime {
 public:
  explicit ConnectionLifetime(std::chrono::milliseconds limit);

  // From now on `socket` is shut down after the limit, in both directions, but not closed.
  void Begin(int socket) EXCLUDES(mutex_);
  // Before its owner closes it: the number may belong to another connection a moment later.
  void End(int socket) EXCLUDES(mutex_);

 private:
  void Run(const std::stop_token& stop) EXCLUDES(mutex_);
  // Shuts down what is due; when the next one is.
  SteadyTime ShutDownDue(SteadyTime now) REQUIRES(mutex_);

  const std::chrono::milliseconds limit_;
  const SystemClock clock_;  // a peer's patience is real; no test could own this time
  Mutex mutex_;
  ConditionVariable changed_;
  std::map<int, SteadyTime> deadlines_ GUARDED_BY(mutex_);
  std::jthread thread_;
};

}  // namespace certbroker::inbound
