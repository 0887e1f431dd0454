// acme/nonce_pool.h: the anti-replay nonces of one CA, each handed out once (RFC 8555 §6.5).
//
// The newest goes first, because nonces die with the CA's memory of them; those older than the TTL
// and the oldest beyond the capacity are dropped, so that after an idle night the pool is empty
// rather than full of nonces that cost a round trip each (tN3).
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>

#include "core/clock.h"
#include "core/jws.h"
#include "core/mutex.h"
#include "core/ports/http_client.h"

namespace certbroker::acme {

struct NoncePoolLimits {
  std::size_t capacity = 64;
  std::chrono::seconds ttl{300};
};

// Thread-safe.
class NoncePool {
 public:
  explicit NoncePool(const Clock& clock, NoncePoolLimits limits = {})
      : clock_(clock), limits_(limits) {}

  void Put(Nonce nonce) EXCLUDES(mutex_);
  // Removes it from the pool. Nothing: ask the CA for one (newNonce, RFC 8555 §7.2).
  std::optional<Nonce> Take() EXCLUDES(mutex_);
  // After a badNonce: the CA has most likely forgotten them all (T9).
  void Purge() EXCLUDES(mutex_);

  // Puts the Replay-Nonce of an answer, success or error; nothing happens when it has none or one
  // that is no nonce.
  void Harvest(const HttpResponse& response) EXCLUDES(mutex_);

 private:
  struct Entry {
    Nonce nonce;
    SteadyTime since;
  };

  const Clock& clock_;
  const NoncePoolLimits limits_;
  Mutex mutex_;
  std::deque<Entry> entries_ GUARDED_BY(mutex_);  // oldest first
};

// The nonce of an answer: what a badNonce must be answered with.
std::optional<Nonce> NonceOf(const HttpResponse& response);

}  // namespace certbroker::acme
