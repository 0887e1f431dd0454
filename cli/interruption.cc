#include "cli/interruption.h"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <ctime>

#include "client/report.h"

namespace certbroker::cli {
namespace {

std::atomic<time_t> first_interruption = 0;  // seconds, CLOCK_MONOTONIC; 0: none
static_assert(std::atomic<time_t>::is_always_lock_free);

// Async-signal-safe: atomics, clock_gettime and _exit only.
void OnInterruption(int) {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  time_t none = 0;
  if (first_interruption.compare_exchange_strong(none, now.tv_sec + 1)) return;
  if (now.tv_sec > none) ::_exit(client::kExitInterrupted);
}

}  // namespace

void CatchInterruption() {
  struct sigaction action {};
  action.sa_handler = OnInterruption;
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
}

bool Interrupted() { return first_interruption != 0; }

}  // namespace certbroker::cli
