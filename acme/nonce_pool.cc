#include "acme/nonce_pool.h"

#include <utility>

namespace certbroker::acme {

std::optional<Nonce> NonceOf(const HttpResponse& response) {
  const auto header = response.Header("replay-nonce");
  if (!header) return std::nullopt;
  auto nonce = Nonce::Parse(*header);
  if (!nonce) return std::nullopt;
  return *std::move(nonce);
}

void NoncePool::Put(Nonce nonce) {
  const SteadyTime now = clock_.Tick();
  MutexLock lock(mutex_);
  entries_.push_back({std::move(nonce), now});
  if (entries_.size() > limits_.capacity) entries_.pop_front();
}

std::optional<Nonce> NoncePool::Take() {
  const SteadyTime now = clock_.Tick();
  MutexLock lock(mutex_);
  // The newest is last: when it is too old, so are all.
  if (!entries_.empty() && now - entries_.back().since >= limits_.ttl) entries_.clear();
  if (entries_.empty()) return std::nullopt;
  std::optional<Nonce> nonce(std::move(entries_.back().nonce));
  entries_.pop_back();
  return nonce;
}

void NoncePool::Purge() {
  MutexLock lock(mutex_);
  entries_.clear();
}

void NoncePool::Harvest(const HttpResponse& response) {
  if (auto nonce = NonceOf(response)) Put(*std::move(nonce));
}

}  // namespace certbroker::acme
