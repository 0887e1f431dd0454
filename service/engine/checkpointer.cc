#include "service/engine/checkpointer.h"

#include <pthread.h>

#include <utility>

#include "core/bytes.h"

namespace certbroker::engine {
namespace {

constexpr std::chrono::seconds kSigning{5};

}  // namespace

Checkpointer::Checkpointer(CheckpointStore& store, FindSigner find, Timing timing, Clock& clock,
                           Log& log)
    : store_(store), find_(std::move(find)), timing_(timing), clock_(clock), log_(log) {
  thread_ = std::jthread([this] { Run(); });
}

Checkpointer::~Checkpointer() {
  const MutexLock lock(mutex_);
  stopping_ = true;
  wake_.NotifyOne();
}

void Checkpointer::Run() {
  ::pthread_setname_np(::pthread_self(), "checkpoints");
  for (;;) {
    if (const auto looked = Look(); !looked) {
      signer_.reset();
      log_.Warning("checkpoint_failed", {{"error", looked.error().ToString()}});
    }
    const SteadyTime next = clock_.Tick() + timing_.look;
    const MutexLock lock(mutex_);
    while (!stopping_ && clock_.Tick() < next) wake_.WaitUntil(mutex_, next);
    if (stopping_) return;
  }
}

Result<void> Checkpointer::Look() {
  ASSIGN_OR_RETURN(const auto due, store_.Due(timing_.interval));
  if (!due) return {};
  if (signer_ == nullptr) {
    ASSIGN_OR_RETURN(signer_, find_());
  }
  ASSIGN_OR_RETURN(const auto made, signer_->Sign(*due, clock_.Tick() + kSigning));
  RETURN_IF_ERROR(store_.Add(made));
  // Where logs are kept elsewhere, this line shows later what the database does not hold any more.
  log_.Info("checkpoint", {{"number", std::to_string(due->number)},
                           {"sha256", Hex(due->sha256)},
                           {"key", made.thumbprint}});
  return {};
}

}  // namespace certbroker::engine
