// service/engine/abandonment_runner.h: deactivates at the CA what orders that were given up have
// left pending there (RFC 8555 §7.5.2): it counts against the account's limit of pending
// authorizations.
//
// A courtesy to ourselves, tried a few times: the CA lets them expire anyway.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "acme/client.h"
#include "core/ports/abandoned_authorizations.h"
#include "service/engine/order_runner.h"

namespace certbroker::engine {

// Thread-safe. Must outlive its runs: Idle() says when there are none.
class AbandonmentRunner final : public WorkSource {
 public:
  AbandonmentRunner(RunnerDeps deps, AbandonedAuthorizations& rows, LeaseOptions options);

  Result<std::optional<std::chrono::milliseconds>> LeaseDue() override;
  void OnDue(std::function<void(std::chrono::milliseconds)> notify) {
    notify_due_ = std::move(notify);
  }
  bool Idle() const { return in_flight_ == 0; }

 private:
  struct Run;
  using RunPtr = std::shared_ptr<Run>;

  void Begin(const RunPtr& run);
  void Send(const RunPtr& run, SignaturePurpose purpose, std::string payload,
            acme::Client::Done done);
  void OnRead(const RunPtr& run, const Result<acme::Answer>& answer);
  void Conclude(const RunPtr& run, const Result<acme::Answer>& answer);
  void End(AbandonedCommit commit);

  const RunnerDeps deps_;
  AbandonedAuthorizations& rows_;
  const LeaseOptions options_;
  std::function<void(std::chrono::milliseconds)> notify_due_;
  std::atomic<int> in_flight_{0};
};

}  // namespace certbroker::engine
