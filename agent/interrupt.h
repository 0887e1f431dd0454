// agent/interrupt.h: Ctrl-C as a stop token.
#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

namespace certbroker::agent {

// Made once, in main, before there is another thread: SIGINT, SIGTERM and SIGHUP then no longer end
// the process but request a stop, so that files and challenges are left in order. The second one
// ends it at once, with exit code 130.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const { return source_.get_token(); }
  bool happened() const { return source_.stop_requested(); }

 private:
  void Run();

  std::stop_source source_;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace certbroker::agent
