#include "service/engine/leaser.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

namespace certbroker::engine {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLookAnyway{5'000};  // a lost hint costs at most this
constexpr milliseconds kAfterFailure{500};  // the database is away

}  // namespace

Leaser::Leaser(Deps deps, std::vector<WorkSource*> sources)
    : deps_(deps), sources_(std::move(sources)) {}

Leaser::~Leaser() { Stop(); }

void Leaser::Start() {
  subscription_ =
      deps_.feed.Subscribe(Channel::kWork, [this](const std::string&) { Due(milliseconds{0}); });
  thread_ = std::jthread([this] { Run(); });
}

void Leaser::Stop() {
  subscription_.reset();
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

void Leaser::Due(milliseconds in) {
  {
    const MutexLock lock(mutex_);
    due_ = std::min(due_, deps_.clock.Tick() + in);
  }
  changed_.NotifyAll();
}

void Leaser::Run() {
  ::pthread_setname_np(::pthread_self(), "leaser");
  while (WaitUntilDue()) {
    const milliseconds next = LeaseAll();
    Due(next);
  }
}

bool Leaser::WaitUntilDue() {
  const MutexLock lock(mutex_);
  while (!stopping_ && deps_.clock.Tick() < due_) changed_.WaitUntil(mutex_, due_);
  // Set before the queues are read: what falls due while they are read brings us back.
  due_ = deps_.clock.Tick() + kLookAnyway;
  return !stopping_;
}

milliseconds Leaser::LeaseAll() {
  milliseconds next = kLookAnyway;
  for (WorkSource* source : sources_) {
    auto due = source->LeaseDue();
    if (!due) {
      deps_.log.Warning("lease_failed", {{"error", due.error().ToString()}});
      next = std::min(next, kAfterFailure);
    } else if (*due) {
      next = std::min(next, std::max(**due, milliseconds{0}));
    }
  }
  return next;
}

}  // namespace certbroker::engine
