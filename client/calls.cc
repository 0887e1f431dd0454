#include "client/calls.h"

#include <optional>
#include <utility>

#include "client/status.h"
#include "core/backoff.h"

namespace certbroker::client {
namespace {

using std::chrono::milliseconds;

constexpr BackoffLimits kPauses{.first = milliseconds{200}, .cap = milliseconds{10'000}};

milliseconds Elapsed(const Clock& clock, SteadyTime since) {
  return std::chrono::duration_cast<milliseconds>(clock.Tick() - since);
}

}  // namespace

Calls::Calls(Deps deps, CallLimits limits)
    : deps_{.clock = deps.clock,
            .random = deps.random,
            .stop = deps.stop,
            .wait = deps.wait ? std::move(deps.wait) : WaitUnless(deps.stop),
            .why_unreachable = std::move(deps.why_unreachable)},
      limits_(limits) {}

grpc::Status Calls::Once(const Attempt& attempt, milliseconds limit) const {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + limit);
  const std::stop_callback cancel(deps_.stop, [&context] { context.TryCancel(); });
  return attempt(context);
}

Result<void> Calls::Repeat(const Attempt& attempt) const {
  const SteadyTime begun = deps_.clock.Tick();
  for (int failures = 0;; ++failures) {
    const milliseconds left = limits_.deadline - Elapsed(deps_.clock, begun);
    const grpc::Status status = Once(attempt, left);
    if (status.ok()) return {};
    Error error = FromStatus(status);
    if (failures == 0 && error.reason() == Reason::kServiceUnreachable && deps_.why_unreachable) {
      if (auto why = deps_.why_unreachable()) return *std::move(why);
    }

    std::optional<milliseconds> pause;
    if (error.category() == ErrorCategory::kUnavailable) {
      pause = error.retry_after().value_or(std::chrono::seconds{0});
      pause = std::max(*pause, Backoff(failures, kPauses, deps_.random));
    } else if (error.category() == ErrorCategory::kResourceExhausted && error.retry_after()) {
      pause = *error.retry_after();
    }
    const milliseconds limit = error.reason() == Reason::kServiceUnreachable
                                   ? std::min(limits_.unreachable, limits_.deadline)
                                   : limits_.deadline;
    // A pause up to the deadline would leave no time for the call itself.
    if (!pause || Elapsed(deps_.clock, begun) + *pause >= limit) return error;
    if (!deps_.wait(*pause)) return Error(Reason::kCancelled, "the call was ended");
  }
}

}  // namespace certbroker::client
