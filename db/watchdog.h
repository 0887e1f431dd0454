// db/watchdog.h: ends a database call that the server does not answer.
//
// libpq waits for ever on a server that is alive to the kernel but does not answer (a stopped
// process, a hung disk): no socket option ends that (reliability 1.10). Shutting the socket down
// does: the blocked call returns at once as if the connection had broken.
#pragma once

#include <map>
#include <thread>

#include "core/clock.h"
#include "core/mutex.h"

namespace certbroker::db {

// Thread-safe. One thread for all sockets; outlives every Guard.
class Watchdog {
 public:
  explicit Watchdog(const Clock& clock);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  // While it lives, `socket` is shut down at `deadline`. The descriptor must stay open until the
  // Guard is gone, and must not be one that libpq closes by itself (Connection keeps a duplicate).
  class Guard {
   public:
    Guard(Watchdog& watchdog, int socket, SteadyTime deadline) EXCLUDES(watchdog.mutex_);
    ~Guard() EXCLUDES(watchdog_.mutex_);
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    Watchdog& watchdog_;
    std::multimap<SteadyTime, int>::iterator entry_;
  };

 private:
  void Run() EXCLUDES(mutex_);

  const Clock& clock_;
  Mutex mutex_;
  ConditionVariable changed_;
  std::multimap<SteadyTime, int> sockets_ GUARDED_BY(mutex_);  // -1: shut down already
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace certbroker::db
