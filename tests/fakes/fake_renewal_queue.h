// tests/fakes/fake_renewal_queue.h: RenewalQueue in memory.
#pragma once

#include "core/ports/renewal_queue.h"
#include "tests/fakes/fake_tables.h"

namespace certbroker::fakes {

// The plan of a version that has just been stored for `order`; the plans of what it replaces end.
void AddRenewal(State& state, const Order& order, const CertificateVersion& version);
void EndRenewal(State& state, OrderId version);

class FakeRenewalQueue final : public RenewalQueue {
 public:
  explicit FakeRenewalQueue(Tables& tables) : tables_(tables) {}

  Result<LeasedRenewals> LeaseRenewals(const LeaseRequest& request) override;
  Result<void> Commit(const RenewalCommit& commit) override;

 private:
  Tables& tables_;
};

}  // namespace certbroker::fakes
