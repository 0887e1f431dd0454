#include "tests/support/signing_load.h"

#include <algorithm>

#include "core/error.h"
#include "tests/support/jws_verifier.h"
#include "tests/support/signing_input.h"

namespace certbroker {
namespace {

using std::chrono::milliseconds;

}  // namespace

SigningLoad::SigningLoad(std::vector<Signer*> signers, int threads, milliseconds deadline)
    : signers_(std::move(signers)), deadline_(deadline) {
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back(
        [this, i](const std::stop_token& stop) { Run(stop, static_cast<std::size_t>(i)); });
  }
  threads_.emplace_back([this](const std::stop_token& stop) { MeasureStall(stop); });
}

bool SigningLoad::SignsAgain(milliseconds limit) {
  const SteadyTime asked = clock_.Tick();
  for (;;) {
    {
      const MutexLock lock(mutex_);
      if (last_good_begun_ >= asked) return true;
      if (clock_.Tick() > asked + limit + report_.stall) return false;
    }
    std::this_thread::sleep_for(milliseconds(1));
  }
}

void SigningLoad::AwaitCalls(long calls) {
  const auto so_far = [this] {
    const MutexLock lock(mutex_);
    return calls_;
  };
  const long until = so_far() + calls;
  while (so_far() < until) std::this_thread::sleep_for(milliseconds(1));
}

SigningLoad::Report SigningLoad::Stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
  const MutexLock lock(mutex_);
  return report_;
}

void SigningLoad::Run(const std::stop_token& stop, std::size_t index) {
  for (std::size_t i = index; !stop.stop_requested(); ++i) {
    Signer& signer = *signers_[i % signers_.size()];
    const SteadyTime begun = clock_.Tick();
    const auto body = signer.Sign(AnyRequest(), begun + deadline_);
    Record(signer, body, begun);
    // A token that is down answers at once; asking it a million times proves nothing more.
    if (!body) std::this_thread::sleep_for(milliseconds(1));
  }
}

void SigningLoad::Record(Signer& signer, const Result<std::string>& body, SteadyTime begun) {
  const auto took = std::chrono::ceil<milliseconds>(clock_.Tick() - begun);
  const bool right = body && VerifiesUnder(ReceiveJws(*body), signer.public_key());
  const MutexLock lock(mutex_);
  ++calls_;
  report_.longest = std::max(report_.longest, took);
  if (right) {
    ++report_.good;
    last_good_begun_ = std::max(last_good_begun_, begun);
  } else if (body) {
    ++report_.wrong;
  } else {
    ++report_.errors[std::string(TraitsOf(body.error().reason()).name)];
  }
}

void SigningLoad::MeasureStall(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const SteadyTime due = clock_.Tick() + milliseconds(1);
    std::this_thread::sleep_until(due);
    const auto late = std::chrono::ceil<milliseconds>(clock_.Tick() - due);
    const MutexLock lock(mutex_);
    report_.stall = std::max(report_.stall, late);
  }
}

}  // namespace certbroker
