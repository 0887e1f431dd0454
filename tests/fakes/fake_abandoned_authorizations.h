// tests/fakes/fake_abandoned_authorizations.h: AbandonedAuthorizations in memory.
#pragma once

#include <optional>

#include "core/ports/abandoned_authorizations.h"
#include "tests/fakes/fake_tables.h"

namespace certbroker::fakes {

// What is pending at the CA of `order`, or (`attempt`) of its attempts before that one.
void AbandonAuthorizations(State& state, const Order& order, std::optional<int> attempt);

class FakeAbandonedAuthorizations final : public AbandonedAuthorizations {
 public:
  explicit FakeAbandonedAuthorizations(Tables& tables) : tables_(tables) {}

  Result<LeasedAbandoned> LeaseAbandoned(const LeaseRequest& request) override;
  Result<void> Commit(const AbandonedCommit& commit) override;

 private:
  Tables& tables_;
};

}  // namespace certbroker::fakes
