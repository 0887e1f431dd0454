// keystore/gate.h: who is inside the PKCS#11 module right now, and a way to get everybody out.
//
// SoftHSM and others crash when C_Finalize runs while another thread signs, so whoever calls the
// module holds a Pass, and C_Finalize waits until there is none. Not a reader-writer lock: those
// let a stream of readers starve the one that must close, and cannot give up at a deadline.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

#include "core/clock.h"
#include "core/mutex.h"

namespace certbroker::keystore {

// Thread-safe. Deadlines are points of the system's steady clock. Entering and leaving an open gate
// is one atomic operation each.
class Gate {
 public:
  // Being inside. Ends with its destruction.
  class Pass {
   public:
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (gate_ != nullptr) gate_->Leave();
    }

   private:
    friend class Gate;
    explicit Pass(Gate& gate) : gate_(&gate) {}
    Gate* gate_;
  };

  // Waits while the gate is closed; nothing when it still is at `deadline`.
  std::optional<Pass> Enter(SteadyTime deadline) EXCLUDES(mutex_);

  // Lets nobody in any more; who is inside stays. Idempotent; does not wait.
  void Close() EXCLUDES(mutex_);
  // After Close: waits until nobody is inside. False: somebody still was at `deadline`.
  bool Drain(SteadyTime deadline) EXCLUDES(mutex_);
  void Reopen() EXCLUDES(mutex_);

 private:
  static constexpr std::uint64_t kClosed = std::uint64_t{1} << 63;

  bool TryEnter();
  void Leave() EXCLUDES(mutex_);

  // How many are inside, and kClosed. Changes of kClosed, and of the number while it is closed, are
  // made under the mutex, for those who wait for them.
  std::atomic<std::uint64_t> state_ = 0;
  Mutex mutex_;
  ConditionVariable changed_;
};

}  // namespace certbroker::keystore
