// db/pg_challenge_board.h: ChallengeBoard on Postgres.
#pragma once

#include <string>
#include <vector>

#include "core/ports/challenge_board.h"

namespace certbroker::db {

class ConnectionPool;

class PgChallengeBoard final : public ChallengeBoard {
 public:
  explicit PgChallengeBoard(ConnectionPool& pool) : pool_(pool) {}

  Result<std::vector<ChallengeTask>> TasksFor(const AgentId& agent) override;
  Result<void> Report(const AgentId& agent, OrderId order, const std::string& token,
                      ChallengeOutcome outcome, const std::string& detail) override;

 private:
  ConnectionPool& pool_;
};

}  // namespace certbroker::db
