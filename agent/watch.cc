#include "agent/watch.h"

namespace certbroker::agent {
namespace {

using std::chrono::milliseconds;

constexpr BackoffLimits kWatchPauses{.first = milliseconds{200}, .cap = milliseconds{10'000}};

}  // namespace

bool MayPass(const Error& error) {
  const ErrorCategory category = error.category();
  return category == ErrorCategory::kUnavailable || category == ErrorCategory::kResourceExhausted ||
         category == ErrorCategory::kCancelled;
}

Result<void> Watch::AfterBreak(const grpc::Status& status, int failures,
                               SteadyTime deadline) const {
  const Error stopped(Reason::kCancelled, "watching was ended");
  const Error late(Reason::kDeadlineExceeded, "it did not come to an end in time");
  if (deps_.stop.stop_requested()) return stopped;
  if (deps_.clock.Tick() >= deadline) return late;
  const Error error = status.ok() ? Error(Reason::kShuttingDown, "the service ended the stream")
                                  : client::FromStatus(status);
  if (!MayPass(error)) return error;
  if (deps_.on_break) deps_.on_break(error);
  const milliseconds pause = Backoff(failures, kWatchPauses, deps_.random);
  if (deps_.clock.Tick() + pause >= deadline) return late;
  if (!deps_.wait(pause)) return stopped;
  return {};
}

}  // namespace certbroker::agent
