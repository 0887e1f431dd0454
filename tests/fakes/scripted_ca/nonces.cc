#include "tests/fakes/scripted_ca/nonces.h"

#include <array>

#include "core/bytes.h"

namespace certbroker::scripted_ca {

Nonces::Nonces(Options options, Clock& clock, Random& random)
    : options_(options), clock_(clock), random_(random) {}

std::string Nonces::Make() {
  std::array<std::uint8_t, 15> octets{};
  random_.Fill(octets);
  std::string nonce = Base64Url(octets);
  const MutexLock lock(mutex_);
  open_.emplace(nonce, clock_.Tick());
  by_age_.push_back(nonce);
  while (by_age_.size() > options_.limit) {
    open_.erase(by_age_.front());
    by_age_.pop_front();
  }
  return nonce;
}

bool Nonces::Take(const std::string& nonce) {
  const MutexLock lock(mutex_);
  const auto found = open_.find(nonce);
  if (found == open_.end()) return false;
  const bool young = clock_.Tick() - found->second <= options_.lifetime;
  open_.erase(found);
  return young;
}

void Nonces::ForgetAll() {
  const MutexLock lock(mutex_);
  open_.clear();
  by_age_.clear();
}

}  // namespace certbroker::scripted_ca
