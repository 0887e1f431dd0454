// A challenge of a CA (RFC 8555 §8). Input: JSON.
#include "tests/fuzz/challenge_promises.h"
#include "tests/fuzz/message_text.h"
#include "tests/fuzz/target.h"

namespace certbroker::fuzz {

bool Try(std::string_view input) {
  const auto challenge = acme::ParseChallenge(input);
  if (!CheckReading(challenge, input, &acme::ParseChallenge)) return false;
  CheckChallenge(*challenge);
  return true;
}

}  // namespace certbroker::fuzz
