#include "db/watchdog.h"

#include <pthread.h>
#include <sys/socket.h>

namespace certbroker::db {

Watchdog::Watchdog(const Clock& clock) : clock_(clock), thread_([this] { Run(); }) {
  pthread_setname_np(thread_.native_handle(), "db-watchdog");
}

Watchdog::~Watchdog() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  thread_.join();
}

Watchdog::Guard::Guard(Watchdog& watchdog, int socket, SteadyTime deadline) : watchdog_(watchdog) {
  const MutexLock lock(watchdog_.mutex_);
  entry_ = watchdog_.sockets_.emplace(deadline, socket);
  // Only a new earliest deadline changes when the thread must look.
  if (entry_ == watchdog_.sockets_.begin()) watchdog_.changed_.NotifyAll();
}

Watchdog::Guard::~Guard() {
  const MutexLock lock(watchdog_.mutex_);
  watchdog_.sockets_.erase(entry_);
}

void Watchdog::Run() {
  const MutexLock lock(mutex_);
  while (!stopping_) {
    // Those that have been dealt with stay in the map until their Guard goes.
    auto next = sockets_.begin();
    while (next != sockets_.end() && next->second < 0) ++next;
    if (next == sockets_.end()) {
      changed_.Wait(mutex_);
    } else if (clock_.Tick() >= next->first) {
      // Under the lock, so that the descriptor cannot be closed and become another file meanwhile.
      shutdown(next->second, SHUT_RDWR);
      next->second = -1;
    } else {
      changed_.WaitUntil(mutex_, next->first);
    }
  }
}

}  // namespace certbroker::db
