#include "tests/fakes/scripted_ca/record.h"

namespace certbroker::scripted_ca {
namespace {

constexpr int kFirstRefusal = 400;

void AddTo(Counts& sum, const Counts& counts) {
  sum.requests += counts.requests;
  sum.verified += counts.verified;
  sum.refused += counts.refused;
  sum.dropped += counts.dropped;
  sum.scripted += counts.scripted;
}

}  // namespace

void Record::Add(SeenRequest request, bool scripted) {
  const MutexLock lock(mutex_);
  Counts& counts = counts_.at(static_cast<std::size_t>(request.endpoint));
  ++counts.requests;
  if (request.verified) ++counts.verified;
  if (request.status >= kFirstRefusal) ++counts.refused;
  if (request.status == 0) ++counts.dropped;
  if (scripted) ++counts.scripted;
  if (keep_ == 0) return;
  requests_.push_back(std::move(request));
  if (requests_.size() > keep_) requests_.pop_front();
}

Counts Record::Of(Endpoint endpoint) const {
  const MutexLock lock(mutex_);
  return counts_.at(static_cast<std::size_t>(endpoint));
}

Counts Record::Total() const {
  const MutexLock lock(mutex_);
  Counts sum;
  for (const Counts& counts : counts_) AddTo(sum, counts);
  return sum;
}

std::vector<SeenRequest> Record::Requests() const {
  const MutexLock lock(mutex_);
  return {requests_.begin(), requests_.end()};
}

Json Record::ToJson() const {
  const MutexLock lock(mutex_);
  Json json = Json::object();
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    const Counts& counts = counts_.at(i);
    if (counts.requests == 0) continue;
    json[std::string(NameOf(static_cast<Endpoint>(i)))] = {{"requests", counts.requests},
                                                           {"verified", counts.verified},
                                                           {"refused", counts.refused},
                                                           {"dropped", counts.dropped},
                                                           {"scripted", counts.scripted}};
  }
  return json;
}

}  // namespace certbroker::scripted_ca
