// core/ports/challenge_board.h: which challenges an agent is to serve, and what it said about them.
//
// A view of the authorizations of orders: the engine puts them up through OrderQueue::Commit
// (Presentation::kWanted, later kUnwanted), any replica that has a session with the agent shows
// them, and reports here. Challenges cannot be made by a caller.
#pragma once

#include <string>
#include <vector>

#include "core/ids.h"
#include "core/order.h"
#include "core/result.h"

namespace certbroker {

struct ChallengeTask {
  OrderId order;
  ChallengeType type = ChallengeType::kHttp01;
  std::string name;  // the DNS name or address to serve it under
  std::string token;
  std::string key_authorization;
  bool remove = false;  // stop serving it
};

enum class ChallengeOutcome {
  kServing,  // the agent answers it now
  kFailed,   // the agent cannot serve it; `detail` says why
  kHit,      // somebody fetched it: the CA's validator, most likely
  kRemoved,  // the agent no longer answers it
};

// Thread-safe; blocks for database round trips. kDatabaseUnavailable.
class ChallengeBoard {
 public:
  virtual ~ChallengeBoard() = default;

  // What the agent is to do that it has not yet said is done: kWanted ones, and kUnwanted ones to
  // take down.
  virtual Result<std::vector<ChallengeTask>> TasksFor(const AgentId& agent) = 0;

  // Records what the agent says and wakes the order where that matters (serving, failed, first
  // hit). A token that is not this agent's is kNotFound; a report that comes too late changes
  // nothing and is a success.
  virtual Result<void> Report(const AgentId& agent, OrderId order, const std::string& token,
                              ChallengeOutcome outcome, const std::string& detail) = 0;
};

}  // namespace certbroker
