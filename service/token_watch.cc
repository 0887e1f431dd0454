#include "service/token_watch.h"

#include <pthread.h>

#include <utility>

namespace certbroker {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{200};

}  // namespace

std::string HealthNameOf(const NamedToken& token) { return "certbroker.v1.keystore/" + token.name; }

TokenWatch::TokenWatch(std::vector<NamedToken> tokens, Tell tell, Clock& clock)
    : tokens_(std::move(tokens)), tell_(std::move(tell)), clock_(clock) {
  Look();
  thread_ = std::jthread([this] { Run(); });
}

TokenWatch::~TokenWatch() {
  const MutexLock lock(mutex_);
  stopping_ = true;
  stopped_.NotifyAll();
}

void TokenWatch::Look() {
  for (const NamedToken& token : tokens_) {
    const keystore::TokenState state = token.keystore->health().state;
    const bool serving =
        state == keystore::TokenState::kUp || state == keystore::TokenState::kRecovering;
    const auto [told, first] = told_.try_emplace(token.name, serving);
    if (!first && told->second == serving) continue;
    told->second = serving;
    tell_(HealthNameOf(token), serving);
  }
}

void TokenWatch::Run() {
  ::pthread_setname_np(::pthread_self(), "token-watch");
  for (;;) {
    {
      const MutexLock lock(mutex_);
      const SteadyTime until = clock_.Tick() + kBetweenLooks;
      while (!stopping_ && clock_.Tick() < until) stopped_.WaitUntil(mutex_, until);
      if (stopping_) return;
    }
    Look();
  }
}

}  // namespace certbroker
