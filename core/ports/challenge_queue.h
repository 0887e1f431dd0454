// core/ports/challenge_queue.h: what the service's own solvers are to put up and take down, leased
// like orders. The agents' own challenges are on the ChallengeBoard.
//
// Errors of all: kDatabaseUnavailable, kOverloaded. Thread-safe; blocks for one round trip.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/challenge.h"
#include "core/ids.h"
#include "core/order.h"
#include "core/ports/order_queue.h"
#include "core/result.h"

namespace certbroker {

// One challenge of one order's attempt.
struct ChallengeKey {
  OrderId order;
  int attempt = 0;
  int position = 0;

  friend bool operator==(const ChallengeKey&, const ChallengeKey&) = default;
};

struct LeasedChallenge {
  ChallengeKey key;
  Fence fence;
  Presentation presentation = Presentation::kWanted;  // or kSpreading, kUnwanted
  ChallengeType type = ChallengeType::kDns01;
  std::string solver;
  std::string name;  // without "*."
  bool wildcard = false;
  std::string token;
  std::string key_authorization;
  AccountName account;
  int failures = 0;                  // in a row
  std::optional<Time> spread_until;  // kSpreading: when waiting for it ends
};

struct LeasedChallenges {
  std::vector<LeasedChallenge> challenges;
  std::optional<std::chrono::milliseconds> next_due_in;
};

// What came of it. `presentation`: kWanted and kUnwanted (not done; again after due_in), kSpreading
// (put up; looked for after due_in), kServing, kFailed (with `error`), kRemoved.
struct ChallengeCommit {
  ChallengeKey key;
  Fence fence;
  Presentation presentation = Presentation::kWanted;
  std::string error;  // kFailed: why. Else the last trouble, for people.
  int failures = 0;
  std::optional<std::chrono::milliseconds>
      spread_for;  // first kSpreading: how long to wait at most
  std::chrono::milliseconds due_in{0};
};

class ChallengeQueue {
 public:
  virtual ~ChallengeQueue() = default;

  // Takes up to `limit` that are due, oldest due first, raising each one's fence.
  virtual Result<LeasedChallenges> LeaseChallenges(const LeaseRequest& request) = 0;

  // Records what the solver did and wakes the order where that matters. What is not wanted any more
  // stays unwanted, whatever was put up meanwhile: it comes down next. kLeaseLost.
  virtual Result<void> CommitChallenge(const ChallengeCommit& commit) = 0;
};

}  // namespace certbroker
