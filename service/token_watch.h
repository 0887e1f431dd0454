// service/token_watch.h: keeps what health checks answer about each token current.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "core/mutex.h"
#include "service/token_choice.h"

namespace certbroker {

// The name of a token in grpc.health.v1: "certbroker.v1.keystore/{name}".
std::string HealthNameOf(const NamedToken& token);

// Looks at every token a few times a second, on a thread of its own, and tells what has changed;
// the first time all of it, before the constructor returns. A token serves while it is up or, as a
// recovery takes no longer than a caller waits, recovering.
class TokenWatch {
 public:
  using Tell = std::function<void(const std::string& health_name, bool serving)>;
  // The tokens' keystores outlive it.
  TokenWatch(std::vector<NamedToken> tokens, Tell tell, Clock& clock);
  ~TokenWatch();
  TokenWatch(const TokenWatch&) = delete;
  TokenWatch& operator=(const TokenWatch&) = delete;

 private:
  void Look();
  void Run() EXCLUDES(mutex_);

  const std::vector<NamedToken> tokens_;
  const Tell tell_;
  Clock& clock_;
  std::map<std::string, bool> told_;  // the thread's, once it runs
  Mutex mutex_;
  ConditionVariable stopped_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

}  // namespace certbroker
