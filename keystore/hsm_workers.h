// keystore/hsm_workers.h: the threads that call into the PKCS#11 module, so that nobody else does.
//
// A call into a module cannot be cancelled. The caller waits here, until its deadline; a call that
// is stuck costs one of these threads and not the caller.
//
// A token in software answers within the time that two wake-ups of threads cost, one behind a
// network after milliseconds. So while calls are short (half a millisecond, on average), no more
// workers than processors take part, and whoever waits looks a few times before it sleeps; while
// they are long, every call has a worker at once.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/mutex.h"
#include "core/result.h"

namespace certbroker::keystore {

// Thread-safe. Deadlines are points of the system's steady clock.
class HsmWorkers {
 public:
  HsmWorkers(std::size_t threads, Clock& clock);
  ~HsmWorkers() { Stop(); }
  HsmWorkers(const HsmWorkers&) = delete;
  HsmWorkers& operator=(const HsmWorkers&) = delete;

  // Runs `work`, a callable that returns Result<T>, on one of the threads and returns what it
  // returns. kHsmUnavailable at `deadline` or when too many wait already; `work` then may still run
  // to its end, so it must own everything that it uses.
  template <class T, class F>
  Result<T> Call(SteadyTime deadline, F work) {
    if (clock_.Tick() >= deadline) return Late();
    const auto job = std::make_shared<JobOf<T, F>>(clock_, deadline, std::move(work));
    if (!Post(job)) {
      return Error(Reason::kHsmUnavailable, "too many callers wait for the token; try again later");
    }
    if (!Await(*job, deadline)) return Late();
    return *std::move(job->result);
  }

  // Runs what is queued and joins. A call that is stuck in the module holds it up.
  void Stop() EXCLUDES(mutex_);

 private:
  // One call. Its caller and its worker both keep it: either may leave first.
  class Job {
   public:
    virtual ~Job() = default;
    virtual void Run() = 0;

    bool done() const { return state_.load(std::memory_order_acquire) == State::kDone; }
    bool begun() const { return begun_.load(std::memory_order_relaxed); }
    void Begin() { begun_.store(true, std::memory_order_relaxed); }
    void Finish() EXCLUDES(mutex_);
    bool SleepUntil(SteadyTime time) EXCLUDES(mutex_);

   private:
    enum class State { kUnderWay, kCallerSleeps, kDone };
    std::atomic<State> state_ = State::kUnderWay;
    std::atomic<bool> begun_ = false;
    Mutex mutex_;
    ConditionVariable finished_;
  };

  template <class T, class F>
  struct JobOf final : Job {
    JobOf(Clock& the_clock, SteadyTime the_deadline, F the_work)
        : clock(the_clock), deadline(the_deadline), work(std::move(the_work)) {}
    void Run() override {
      // Whoever asked has gone: do not spend the token's time on it.
      result.emplace(clock.Tick() >= deadline ? Result<T>(Late()) : work());
    }
    Clock& clock;
    const SteadyTime deadline;
    F work;
    std::optional<Result<T>> result;  // once done
  };

  static constexpr std::size_t kQueueLimit = 1024;
  static Error Late() {
    return {Reason::kHsmUnavailable,
            "the token did not answer before the deadline; try again later"};
  }

  bool Post(std::shared_ptr<Job> job) EXCLUDES(mutex_);
  bool Await(Job& job, SteadyTime deadline) EXCLUDES(mutex_);
  void Run(std::size_t index) EXCLUDES(mutex_);
  std::shared_ptr<Job> Take() EXCLUDES(mutex_);
  void LookForWork() const;
  bool CallsAreShort() const;
  void Learn(std::chrono::nanoseconds took);

  Clock& clock_;
  const std::size_t processors_;
  std::atomic<std::int64_t> average_nanoseconds_ = 0;  // of a call
  std::atomic<std::size_t> callers_ = 0;
  std::atomic<std::size_t> queued_ = 0;  // the size of queue_, for those who look

  Mutex mutex_;
  ConditionVariable ready_;
  std::deque<std::shared_ptr<Job>> queue_ GUARDED_BY(mutex_);
  std::size_t awake_ GUARDED_BY(mutex_);
  bool somebody_looks_ GUARDED_BY(mutex_) = false;  // a worker that is awake and has nothing to do
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_;
};

}  // namespace certbroker::keystore
