// service/own_answers.h: challenges are answered for our own account keys only.
//
// A key authorization (RFC 8555 §8.1) proves a name to whoever's account key it names. What stands
// in the database is served by agents, solvers and the responder; whoever can write there must not
// be able to prove names for an account of his own. So each one is held against the keys in the
// HSM, whatever its row says of itself.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/log.h"
#include "core/mutex.h"
#include "core/ports/account_keys.h"
#include "core/ports/account_store.h"
#include "core/ports/challenge_board.h"
#include "core/ports/challenge_lookup.h"

namespace certbroker {

// Thread-safe. What is given to the constructor outlives it.
class OwnThumbprints {
 public:
  OwnThumbprints(AccountStore& accounts, AccountKeys& keys, const Clock& clock, Log& log)
      : accounts_(accounts), keys_(keys), clock_(clock), log_(log) {}

  // Whether one of our keys, also one that is about to become an account's, is the one that
  // `key_authorization` names. A key that is not known yet is looked for, each once a second at
  // most, and not too many at once: that blocks for the database and the HSM.
  bool Names(std::string_view key_authorization) EXCLUDES(mutex_);

 private:
  void Read() REQUIRES(mutex_);

  AccountStore& accounts_;
  AccountKeys& keys_;
  const Clock& clock_;
  Log& log_;
  Mutex mutex_;
  std::set<std::string, std::less<>> known_ GUARDED_BY(mutex_);
  // What was asked for and not found, and when; only those of the last second.
  std::map<std::string, SteadyTime, std::less<>> unknown_ GUARDED_BY(mutex_);
};

// What agents are told to serve. Others' answers are left out, with a line in the log.
class OwnChallengeBoard final : public ChallengeBoard {
 public:
  OwnChallengeBoard(ChallengeBoard& board, OwnThumbprints& own, Log& log)
      : board_(board), own_(own), log_(log) {}
  Result<std::vector<ChallengeTask>> TasksFor(const AgentId& agent) override;
  Result<void> Report(const AgentId& agent, OrderId order, const std::string& token,
                      ChallengeOutcome outcome, const std::string& detail) override;

 private:
  ChallengeBoard& board_;
  OwnThumbprints& own_;
  Log& log_;
};

// What the responder serves. As OwnChallengeBoard.
class OwnChallengeLookup final : public ChallengeLookup {
 public:
  OwnChallengeLookup(ChallengeLookup& lookup, OwnThumbprints& own, Log& log)
      : lookup_(lookup), own_(own), log_(log) {}
  Result<std::optional<std::string>> KeyAuthorizationFor(const Identifier& name,
                                                         std::string_view token) override;

 private:
  ChallengeLookup& lookup_;
  OwnThumbprints& own_;
  Log& log_;
};

}  // namespace certbroker
