// service/engine/leaser.h: the thread that asks for due work, and decides when to ask again.
//
// One per process; several brokers may run on one database, because a lease is a row update that
// skips rows others hold. It asks when the change feed hints, when something it knows of falls due,
// and now and then all the same: hints may be lost.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "core/log.h"
#include "core/mutex.h"
#include "core/ports/change_feed.h"
#include "core/result.h"

namespace certbroker::engine {

// One kind of work: orders, challenges, revocations, accounts, renewal plans, abandoned
// authorizations.
class WorkSource {
 public:
  virtual ~WorkSource() = default;
  // Leases what is due and room is for, and sets it going elsewhere. Returns when the next falls
  // due, if that is known. Runs on the leaser's thread; blocks for database round trips.
  virtual Result<std::optional<std::chrono::milliseconds>> LeaseDue() = 0;
};

class Leaser {
 public:
  struct Deps {
    ChangeFeed& feed;
    Clock& clock;
    Log& log;
  };
  // The sources must outlive the leaser.
  Leaser(Deps deps, std::vector<WorkSource*> sources);
  ~Leaser();

  void Start();
  // Leases nothing more. Idempotent.
  void Stop() EXCLUDES(mutex_);

  // Something falls due `in` from now (zero: look now). Thread-safe.
  void Due(std::chrono::milliseconds in) EXCLUDES(mutex_);

 private:
  void Run() EXCLUDES(mutex_);
  // False: stop.
  bool WaitUntilDue() EXCLUDES(mutex_);
  std::chrono::milliseconds LeaseAll();

  const Deps deps_;
  const std::vector<WorkSource*> sources_;
  Mutex mutex_;
  ConditionVariable changed_;
  SteadyTime due_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::unique_ptr<ChangeFeed::Subscription> subscription_;
  std::jthread thread_;
};

}  // namespace certbroker::engine
