// tests/fakes/fake_revocation_queue.h: RevocationQueue in memory.
#pragma once

#include "core/ports/revocation_queue.h"
#include "tests/fakes/fake_tables.h"

namespace certbroker::fakes {

class FakeRevocationQueue final : public RevocationQueue {
 public:
  explicit FakeRevocationQueue(Tables& tables) : tables_(tables) {}

  Result<LeasedRevocations> LeaseRevocations(const LeaseRequest& request) override;
  Result<IntentId> RecordIntent(RevocationId id, Fence fence, const Intent& intent) override;
  Result<void> Commit(const RevocationCommit& commit) override;

 private:
  Tables& tables_;
};

}  // namespace certbroker::fakes
