#include "agent/interrupt.h"

#include <pthread.h>
#include <unistd.h>

#include <csignal>

namespace certbroker::agent {
namespace {

constexpr int kInterruptedExit = 130;
constexpr std::chrono::seconds kSameWish{1};

sigset_t Signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  return signals;
}

}  // namespace

Interrupt::Interrupt(const Clock& clock) : clock_(clock) {
  const sigset_t signals = Signals();
  // Threads that are made later inherit the mask, so that only ours takes the signals.
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  thread_ = std::thread([this] { Run(); });
}

Interrupt::~Interrupt() {
  ending_ = true;
  // NOLINTNEXTLINE(bugprone-bad-signal-to-kill-thread): the thread waits for it in sigwait
  pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
}

void Interrupt::Run() {
  const sigset_t signals = Signals();
  SteadyTime first;
  while (true) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0 || ending_) return;
    if (!source_.stop_requested()) {
      first = clock_.Tick();
      source_.request_stop();
    } else if (clock_.Tick() - first >= kSameWish) {
      ::_exit(kInterruptedExit);
    }
  }
}

}  // namespace certbroker::agent
