#include "keystore/hsm_workers.h"

#include <pthread.h>

#include <algorithm>
#include <string>

namespace certbroker::keystore {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;

// Calls of this length are worth neither looking for nor limiting.
constexpr nanoseconds kShort = microseconds(500);
// How long somebody looks for a call or for its end before it sleeps.
constexpr microseconds kLookForCall{50};
constexpr microseconds kLookForEnd{200};
// When no call was taken up for so long, those at work may hang: the next one gets a worker more.
constexpr microseconds kAlive{1'000};
// The same for a call that waits already, when no other one comes. Long enough for the timer not to
// be the processor's next one, which costs.
constexpr microseconds kBeginBy{20'000};

// Leaves the processor's other half, if it has one, to whom it belongs.
void Breathe() {
  for (int i = 0; i < 8; ++i) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }
}

}  // namespace

void HsmWorkers::Job::Finish() {
  if (state_.exchange(State::kDone, std::memory_order_acq_rel) != State::kCallerSleeps) return;
  // Not between the caller's look at the state and its sleep.
  { const MutexLock lock(mutex_); }
  finished_.NotifyOne();
}

bool HsmWorkers::Job::SleepUntil(SteadyTime time) {
  const MutexLock lock(mutex_);
  State expected = State::kUnderWay;
  state_.compare_exchange_strong(expected, State::kCallerSleeps, std::memory_order_acq_rel);
  while (!done()) {
    if (!finished_.WaitUntil(mutex_, time)) return done();
  }
  return true;
}

HsmWorkers::HsmWorkers(std::size_t threads, Clock& clock)
    : clock_(clock),
      processors_(std::max<std::size_t>(std::thread::hardware_concurrency(), 1)),
      awake_(threads) {
  threads_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this, i] { Run(i); });
  }
}

void HsmWorkers::Stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  ready_.NotifyAll();
  for (std::jthread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

bool HsmWorkers::Post(std::shared_ptr<Job> job) {
  bool wake = false;
  {
    const MutexLock lock(mutex_);
    if (stopping_ || queue_.size() >= kQueueLimit) return false;
    queue_.push_back(std::move(job));
    queued_.store(queue_.size(), std::memory_order_release);
    const bool alive = clock_.Tick() < last_taken_ + kAlive;
    const bool enough = CallsAreShort() && alive && awake_ >= processors_;
    const std::size_t seen_to = somebody_looks_ ? 1 : 0;
    wake = awake_ < threads_.size() && queue_.size() > seen_to && !enough;
  }
  if (wake) ready_.NotifyOne();
  return true;
}

bool HsmWorkers::Await(Job& job, SteadyTime deadline) {
  const std::size_t callers = callers_.fetch_add(1) + 1;
  // Only where a processor is left for it.
  if (callers * 2 <= processors_ && CallsAreShort()) {
    const SteadyTime until = clock_.Tick() + kLookForEnd;
    // Not yielding: on a busy machine that would be for a whole slice of somebody else's.
    while (!job.done() && clock_.Tick() < until) Breathe();
  }
  bool done = job.done() || job.SleepUntil(std::min(deadline, clock_.Tick() + kBeginBy));
  // Again and again: a worker that was woken may have taken another call, and be stuck in that.
  while (!done && !job.begun() && clock_.Tick() < deadline) {
    ready_.NotifyOne();
    done = job.SleepUntil(std::min(deadline, clock_.Tick() + kBeginBy));
  }
  if (!done) done = job.SleepUntil(deadline);
  --callers_;
  return done;
}

void HsmWorkers::Run(std::size_t index) {
  const std::string name = "hsm/" + std::to_string(index);
  ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
  while (const std::shared_ptr<Job> job = Take()) {
    const SteadyTime begun = clock_.Tick();
    job->Begin();
    job->Run();
    Learn(clock_.Tick() - begun);
    job->Finish();
  }
}

std::shared_ptr<HsmWorkers::Job> HsmWorkers::Take() {
  bool looked = false;
  for (;;) {
    {
      const MutexLock lock(mutex_);
      if (looked) somebody_looks_ = false;
      if (queue_.empty() && stopping_) return nullptr;
      if (!queue_.empty()) {
        std::shared_ptr<Job> job = std::move(queue_.front());
        queue_.pop_front();
        last_taken_ = clock_.Tick();
        queued_.store(queue_.size(), std::memory_order_release);
        return job;
      }
      if (looked || somebody_looks_ || !CallsAreShort()) {
        --awake_;
        ready_.Wait(mutex_);
        ++awake_;
        looked = false;
        continue;
      }
      looked = somebody_looks_ = true;
    }
    LookForWork();
  }
}

void HsmWorkers::LookForWork() const {
  const SteadyTime until = clock_.Tick() + kLookForCall;
  while (queued_.load(std::memory_order_acquire) == 0 && clock_.Tick() < until) {
    // The caller may need this processor to come with its next call.
    if (callers_.load(std::memory_order_relaxed) > 1) {
      std::this_thread::yield();
    } else {
      Breathe();
    }
  }
}

bool HsmWorkers::CallsAreShort() const {
  return average_nanoseconds_.load(std::memory_order_relaxed) < nanoseconds(kShort).count();
}

void HsmWorkers::Learn(nanoseconds took) {
  // Of about sixteen calls; what two threads lose to each other here does no harm.
  const std::int64_t average = average_nanoseconds_.load(std::memory_order_relaxed);
  average_nanoseconds_.store(average + (took.count() - average) / 16, std::memory_order_relaxed);
}

}  // namespace certbroker::keystore
