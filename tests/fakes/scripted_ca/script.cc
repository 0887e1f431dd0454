#include "tests/fakes/scripted_ca/script.h"

namespace certbroker::scripted_ca {
namespace {

bool Matches(const Rule& rule, Endpoint endpoint, const Request& request) {
  if (rule.endpoint ? *rule.endpoint != endpoint : request.method != "POST") return false;
  if (!rule.method.empty() && rule.method != request.method) return false;
  return request.target.find(rule.target_contains) != std::string::npos;
}

}  // namespace

void Script::Add(Rule rule) {
  const MutexLock lock(mutex_);
  rules_.push_back({std::move(rule)});
}

void Script::Clear() {
  const MutexLock lock(mutex_);
  rules_.clear();
}

bool Script::Applies(Counted& counted, Endpoint endpoint, const Request& request) {
  const Rule& rule = counted.rule;
  if (!Matches(rule, endpoint, request)) return false;
  const std::uint64_t number = ++counted.seen;
  if (number < rule.from) return false;
  if (rule.times != 0 && number >= rule.from + rule.times) return false;
  if (rule.percent >= 100) return true;
  return std::uniform_real_distribution<double>(0, 100)(random_) < rule.percent;
}

std::optional<Action> Script::Next(Endpoint endpoint, const Request& request) {
  const MutexLock lock(mutex_);
  std::optional<Action> action;
  for (Counted& counted : rules_) {
    if (Applies(counted, endpoint, request) && !action) action = counted.rule.action;
  }
  return action;
}

}  // namespace certbroker::scripted_ca
