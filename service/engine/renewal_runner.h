// service/engine/renewal_runner.h: asks CAs when the certificates that they issued are to be
// renewed (RFC 9773), and keeps what follows from it.
//
// It only plans: nothing is renewed here. A question may be repeated freely; what a CA says is kept
// whole or not at all.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "acme/renewal_plan.h"
#include "core/ports/renewal_queue.h"
#include "service/engine/order_runner.h"

namespace certbroker::engine {

// Thread-safe. Must outlive its runs: Idle() says when there are none.
class RenewalRunner final : public WorkSource {
 public:
  RenewalRunner(RunnerDeps deps, RenewalQueue& queue, LeaseOptions options);

  Result<std::optional<std::chrono::milliseconds>> LeaseDue() override;
  void OnDue(std::function<void(std::chrono::milliseconds)> notify) {
    notify_due_ = std::move(notify);
  }
  bool Idle() const { return in_flight_ == 0; }

 private:
  using LeasedPtr = std::shared_ptr<const LeasedRenewal>;

  void Ask(const LeasedPtr& leased);
  void Conclude(const LeasedRenewal& leased, const Result<acme::RenewalInfo>& answer);
  void LogPlan(const LeasedRenewal& leased, const RenewalPlan& plan,
               const Result<acme::RenewalInfo>& answer) const;

  const RunnerDeps deps_;
  RenewalQueue& queue_;
  const LeaseOptions options_;
  std::function<void(std::chrono::milliseconds)> notify_due_;
  std::atomic<int> in_flight_{0};
};

}  // namespace certbroker::engine
