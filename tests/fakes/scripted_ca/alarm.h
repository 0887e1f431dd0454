// tests/fakes/scripted_ca/alarm.h: lets connections of the web server sleep without a thread each.
#pragma once

#include <chrono>
#include <map>
#include <thread>

#include "core/mutex.h"

struct MHD_Connection;

namespace certbroker::scripted_ca {

// Thread-safe. Sleeps in real time: a client's time-outs are real too.
class Alarm {
 public:
  Alarm();
  ~Alarm();
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  // Suspends the connection for so long. False after Stop.
  [[nodiscard]] bool Sleep(MHD_Connection* connection, std::chrono::milliseconds delay)
      EXCLUDES(mutex_);
  // Wakes all sleepers now; nobody sleeps after that. Idempotent.
  void Stop() EXCLUDES(mutex_);

 private:
  void Run() EXCLUDES(mutex_);

  Mutex mutex_;
  ConditionVariable changed_;
  std::multimap<std::chrono::steady_clock::time_point, MHD_Connection*> sleepers_
      GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace certbroker::scripted_ca
