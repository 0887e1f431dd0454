#include "tests/fakes/scripted_ca/gcra.h"

#include <algorithm>

namespace certbroker::scripted_ca {

Time Gcra::NextArrival(const std::string& key, Time now) const {
  const auto found = arrivals_.find(key);
  const Time arrival = found == arrivals_.end() ? now : std::max(now, found->second);
  return arrival + Interval();
}

std::optional<Gcra::Wait> Gcra::Check(const std::string& key, Time now) const {
  const Time allowed_from = NextArrival(key, now) - Interval() * limit_.burst;
  if (allowed_from <= now) return std::nullopt;
  return allowed_from - now;
}

std::optional<Gcra::Wait> Gcra::Spend(const std::string& key, Time now) {
  auto wait = Check(key, now);
  if (!wait) Charge(key, now);
  return wait;
}

void Gcra::Charge(const std::string& key, Time now) { arrivals_[key] = NextArrival(key, now); }

}  // namespace certbroker::scripted_ca
