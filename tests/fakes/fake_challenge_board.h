// tests/fakes/fake_challenge_board.h: ChallengeBoard in memory.
#pragma once

#include <string>
#include <vector>

#include "core/ports/challenge_board.h"
#include "tests/fakes/fake_tables.h"

namespace certbroker::fakes {

class FakeChallengeBoard final : public ChallengeBoard {
 public:
  explicit FakeChallengeBoard(Tables& tables) : tables_(tables) {}

  Result<std::vector<ChallengeTask>> TasksFor(const AgentId& agent) override;
  Result<void> Report(const AgentId& agent, OrderId order, const std::string& token,
                      ChallengeOutcome outcome, const std::string& detail) override;

 private:
  Tables& tables_;
};

}  // namespace certbroker::fakes
