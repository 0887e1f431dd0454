// service/engine/checkpointer.h: has a key in the HSM sign how far the ledger of key uses has come,
// every now and then.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <thread>

#include "core/clock.h"
#include "core/log.h"
#include "core/mutex.h"
#include "core/ports/checkpoint_signer.h"
#include "core/ports/checkpoint_store.h"

namespace certbroker::engine {

// A thread of its own, which blocks for database and HSM. Any number of replicas may run one: they
// see each other's checkpoints. What fails is logged and tried again at the next look.
class Checkpointer {
 public:
  // Finds the key, again after every failure, so that it may be provisioned while the service runs.
  using FindSigner = std::function<Result<std::unique_ptr<CheckpointSigner>>()>;
  struct Timing {
    std::chrono::milliseconds interval = std::chrono::hours{1};  // between checkpoints
    std::chrono::milliseconds look = std::chrono::seconds{10};   // how often it looks
  };
  // Everything outlives it.
  Checkpointer(CheckpointStore& store, FindSigner find, Timing timing, Clock& clock, Log& log);
  // Waits for the call under way.
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

 private:
  void Run() EXCLUDES(mutex_);
  Result<void> Look();

  CheckpointStore& store_;
  const FindSigner find_;
  const Timing timing_;
  Clock& clock_;
  Log& log_;
  std::unique_ptr<CheckpointSigner> signer_;  // of the thread
  Mutex mutex_;
  ConditionVariable wake_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::jthread thread_;  // last: everything else exists when it starts
};

}  // namespace certbroker::engine
