// tests/fakes/scripted_ca/gcra.h: the generic cell rate algorithm, as Let's Encrypt counts.
//
// A bucket of `burst` that refills steadily, `count` per `period`. Written after the published
// description, independently of what the broker keeps its own budgets with.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/time.h"

namespace certbroker::scripted_ca {

struct RateLimit {
  std::string name;    // as in "too many <name>"
  std::int64_t burst;  // capacity
  std::int64_t count;
  std::chrono::seconds period;
};

// Not thread-safe.
class Gcra {
 public:
  using Wait = std::chrono::microseconds;

  explicit Gcra(RateLimit limit) : limit_(std::move(limit)) {}

  // How long until one is free; nothing: there is one now.
  std::optional<Wait> Check(const std::string& key, Time now) const;
  // The same, and takes it when there is one.
  std::optional<Wait> Spend(const std::string& key, Time now);
  // Takes one whether or not it is there.
  void Charge(const std::string& key, Time now);
  void Reset(const std::string& key) { arrivals_.erase(key); }

  const RateLimit& limit() const { return limit_; }

 private:
  std::chrono::microseconds Interval() const {
    return std::chrono::microseconds(limit_.period) / limit_.count;
  }
  // When the bucket would be full again, had one been taken now.
  Time NextArrival(const std::string& key, Time now) const;

  RateLimit limit_;
  std::unordered_map<std::string, Time> arrivals_;
};

}  // namespace certbroker::scripted_ca
