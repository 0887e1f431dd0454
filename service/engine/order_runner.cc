#include "service/engine/order_runner.h"

#include <utility>

#include "service/engine/order_run.h"

namespace certbroker::engine {

OrderRunner::OrderRunner(RunnerDeps deps, OrderQueue& queue, const policy::CurrentPolicy& policy,
                         const SolverPlan& solvers, CaaCheck& caa, LeaseOptions options)
    : deps_(deps),
      queue_(queue),
      policy_(policy),
      solvers_(solvers),
      caa_(caa),
      options_(std::move(options)) {}

Result<std::optional<std::chrono::milliseconds>> OrderRunner::LeaseDue() {
  const int room = options_.max_in_flight - in_flight_;
  if (room <= 0)
    return std::optional<std::chrono::milliseconds>();  // a run that ends brings us back
  ASSIGN_OR_RETURN(LeasedOrders leased,
                   queue_.Lease({.owner = options_.owner, .limit = room, .lease = options_.lease}));
  for (LeasedOrder& order : leased.orders) {
    ++in_flight_;
    deps_.workers.Post(
        [run = std::make_shared<OrderRun>(*this, std::move(order))] { run->Begin(); });
  }
  return leased.next_due_in;
}

void OrderRunner::Ended(std::optional<std::chrono::milliseconds> due_in) {
  const bool was_full = in_flight_-- >= options_.max_in_flight;
  if (!notify_due_) return;
  if (was_full) {
    notify_due_(std::chrono::milliseconds{0});
  } else if (due_in) {
    notify_due_(*due_in);
  }
}

}  // namespace certbroker::engine
