// tests/fakes/scripted_ca/nonces.h: anti-replay nonces, each good for one request (RFC 8555 §6.5).
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <unordered_map>

#include "core/clock.h"
#include "core/mutex.h"
#include "core/random.h"

namespace certbroker::scripted_ca {

// Thread-safe.
class Nonces {
 public:
  struct Options {
    std::chrono::seconds lifetime{3600};
    std::size_t limit = 100'000;  // the oldest make way, as at Let's Encrypt
  };

  Nonces(Options options, Clock& clock, Random& random);

  std::string Make() EXCLUDES(mutex_);
  // Whether it was made here, is young enough and was not used; it is used now.
  bool Take(const std::string& nonce) EXCLUDES(mutex_);
  // As after a restart of the CA: nonces handed out so far are unknown.
  void ForgetAll() EXCLUDES(mutex_);

 private:
  const Options options_;
  Clock& clock_;
  Random& random_;
  Mutex mutex_;
  std::unordered_map<std::string, SteadyTime> open_ GUARDED_BY(mutex_);
  std::deque<std::string> by_age_ GUARDED_BY(mutex_);  // may hold used ones
};

}  // namespace certbroker::scripted_ca
