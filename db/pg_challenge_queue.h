// db/pg_challenge_queue.h: ChallengeQueue on Postgres.
#pragma once

#include "core/ports/challenge_queue.h"

namespace certbroker::db {

class ConnectionPool;

class PgChallengeQueue final : public ChallengeQueue {
 public:
  explicit PgChallengeQueue(ConnectionPool& pool) : pool_(pool) {}

  Result<LeasedChallenges> LeaseChallenges(const LeaseRequest& request) override;
  Result<void> CommitChallenge(const ChallengeCommit& commit) override;

 private:
  ConnectionPool& pool_;
};

}  // namespace certbroker::db
