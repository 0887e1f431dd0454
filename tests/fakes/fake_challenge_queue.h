// tests/fakes/fake_challenge_queue.h: ChallengeQueue in memory.
#pragma once

#include "core/ports/challenge_queue.h"
#include "tests/fakes/fake_tables.h"

namespace certbroker::fakes {

class FakeChallengeQueue final : public ChallengeQueue {
 public:
  explicit FakeChallengeQueue(Tables& tables) : tables_(tables) {}

  Result<LeasedChallenges> LeaseChallenges(const LeaseRequest& request) override;
  Result<void> CommitChallenge(const ChallengeCommit& commit) override;

 private:
  Tables& tables_;
};

}  // namespace certbroker::fakes
