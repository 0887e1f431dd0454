// An authorization of a CA with its challenges (RFC 8555 §7.1.4). Input: JSON.
#include "tests/fuzz/challenge_promises.h"
#include "tests/fuzz/message_text.h"
#include "tests/fuzz/target.h"

namespace certbroker::fuzz {

bool Try(std::string_view input) {
  const auto authorization = acme::ParseAuthorization(input);
  if (!CheckReading(authorization, input, &acme::ParseAuthorization)) return false;
  for (const acme::ChallengeMessage& challenge : authorization->challenges) {
    CheckChallenge(challenge);
    // The first of its type: it is found, whatever stands before it.
    const auto* found = authorization->Challenge(challenge.type);
    CERTBROKER_CHECK(found != nullptr && found->type == challenge.type && found <= &challenge);
  }
  if (const auto* problem = authorization->FailureProblem())
    CheckError(acme::ToChallengeError(*problem));
  return true;
}

}  // namespace certbroker::fuzz
