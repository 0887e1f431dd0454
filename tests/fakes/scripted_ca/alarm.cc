#include "tests/fakes/scripted_ca/alarm.h"

#include <microhttpd.h>

namespace certbroker::scripted_ca {

Alarm::Alarm() : thread_([this] { Run(); }) {}

Alarm::~Alarm() {
  Stop();
  thread_.join();
}

bool Alarm::Sleep(MHD_Connection* connection, std::chrono::milliseconds delay) {
  const MutexLock lock(mutex_);
  if (stopping_) return false;
  MHD_suspend_connection(connection);
  sleepers_.emplace(std::chrono::steady_clock::now() + delay, connection);
  changed_.NotifyOne();
  return true;
}

void Alarm::Stop() {
  const MutexLock lock(mutex_);
  stopping_ = true;
  for (const auto& [when, connection] : sleepers_) MHD_resume_connection(connection);
  sleepers_.clear();
  changed_.NotifyOne();
}

void Alarm::Run() {
  const MutexLock lock(mutex_);
  while (!stopping_) {
    if (sleepers_.empty()) {
      changed_.Wait(mutex_);
      continue;
    }
    const auto next = sleepers_.begin();
    if (next->first > std::chrono::steady_clock::now()) {
      changed_.WaitUntil(mutex_, next->first);
      continue;
    }
    MHD_resume_connection(next->second);
    sleepers_.erase(next);
  }
}

}  // namespace certbroker::scripted_ca
