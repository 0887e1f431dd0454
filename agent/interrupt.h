// agent/interrupt.h: Ctrl-C as a stop token.
#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

#include "core/clock.h"

namespace certbroker::agent {

// Made once, in main, before there is another thread: SIGINT, SIGTERM and SIGHUP then no longer end
// the process but request a stop, so that files and challenges are left in order. Another one, a
// second or more later, ends it at once with exit code 130; what comes sooner is the same wish,
// sent to the process and to its group.
class Interrupt {
 public:
  explicit Interrupt(const Clock& clock);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const { return source_.get_token(); }
  bool happened() const { return source_.stop_requested(); }

 private:
  void Run();

  const Clock& clock_;
  std::stop_source source_;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace certbroker::agent
