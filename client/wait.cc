#include "client/wait.h"

#include <condition_variable>
#include <mutex>
#include <utility>

namespace certbroker::client {

Wait WaitUnless(std::stop_token stop) {
  return [stop = std::move(stop)](std::chrono::milliseconds duration) {
    std::mutex mutex;
    std::condition_variable_any condition;
    std::unique_lock lock(mutex);
    condition.wait_for(lock, stop, duration, [] { return false; });
    return !stop.stop_requested();
  };
}

}  // namespace certbroker::client
