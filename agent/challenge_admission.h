// agent/challenge_admission.h: which challenges a session takes on. The service is believed about
// answers, not about which names this host speaks for.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/challenge.h"

namespace certbroker::agent {

// One thread.
class ChallengeAdmission {
 public:
  // `names`: those that the session was opened for, normalised; empty: all of the agent's, without
  // a limit.
  explicit ChallengeAdmission(const std::vector<std::string>& names);

  // Idempotent. kNameNotAuthorized: for another name. kOverloaded: its order has as many as the
  // session has names, or too many orders have some; an earlier run's order may still have its own.
  Result<void> Admit(const Challenge& challenge);
  void Forget(const Challenge& challenge);

 private:
  const std::set<std::string> names_;
  std::map<std::string, std::set<std::string>> tokens_;  // by order
};

}  // namespace certbroker::agent
