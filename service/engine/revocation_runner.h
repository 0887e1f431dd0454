// service/engine/revocation_runner.h: has CAs revoke what is on record to be revoked, until they
// have.
//
// A revocation is never given up on a failure that may pass (a compromised key does not heal), and
// is never reported done before the CA has confirmed it (I17). The request may be repeated freely:
// alreadyRevoked is success (RFC 8555 §7.6).
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>

#include "core/ports/revocation_queue.h"
#include "service/engine/order_runner.h"

namespace certbroker::engine {

// Thread-safe. Must outlive its runs: Idle() says when there are none.
class RevocationRunner final : public WorkSource {
 public:
  RevocationRunner(RunnerDeps deps, RevocationQueue& queue, LeaseOptions options);

  Result<std::optional<std::chrono::milliseconds>> LeaseDue() override;
  void OnDue(std::function<void(std::chrono::milliseconds)> notify) {
    notify_due_ = std::move(notify);
  }
  bool Idle() const { return in_flight_ == 0; }

 private:
  struct Run;
  using RunPtr = std::shared_ptr<Run>;

  void Begin(const RunPtr& run);
  void Conclude(const RunPtr& run, const Result<void>& outcome);
  void Ended(std::chrono::milliseconds due_in);

  const RunnerDeps deps_;
  RevocationQueue& queue_;
  const LeaseOptions options_;
  std::function<void(std::chrono::milliseconds)> notify_due_;
  std::atomic<int> in_flight_{0};
};

}  // namespace certbroker::engine
