// tests/fakes/scripted_ca/script.h: which requests get an answer that is not the correct one.
//
//   script.Add({.endpoint = Endpoint::kFinalize, .action = DropAfter()});            // the first
//   script.Add({.endpoint = Endpoint::kNewOrder, .from = 3, .times = 2, .action = ServerError()});
//   script.Add({.times = 0, .percent = 20, .action = BadNonce()});                   // a storm
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "core/mutex.h"
#include "tests/fakes/scripted_ca/action.h"
#include "tests/fakes/scripted_ca/endpoint.h"

namespace certbroker::scripted_ca {

struct Rule {
  // Which requests count. Nothing: every endpoint that takes a JWS.
  std::optional<Endpoint> endpoint = {};
  std::string target_contains = {};
  std::string method = {};
  // Which of those get the action, counted from 1 since the rule was added.
  std::uint64_t from = 1;
  std::uint64_t times = 1;  // 0: all that follow
  double percent = 100;     // of these, at random
  Action action = {};
};

// Thread-safe.
class Script {
 public:
  explicit Script(std::uint64_t seed) : random_(seed) {}

  void Add(Rule rule) EXCLUDES(mutex_);
  void Clear() EXCLUDES(mutex_);

  // The action of the first rule that applies. Every rule counts the request.
  std::optional<Action> Next(Endpoint endpoint, const Request& request) EXCLUDES(mutex_);

 private:
  struct Counted {
    Rule rule;
    std::uint64_t seen = 0;
  };
  bool Applies(Counted& counted, Endpoint endpoint, const Request& request) REQUIRES(mutex_);

  Mutex mutex_;
  std::mt19937_64 random_ GUARDED_BY(mutex_);
  std::vector<Counted> rules_ GUARDED_BY(mutex_);
};

}  // namespace certbroker::scripted_ca
