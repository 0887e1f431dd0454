// keystore/token_health.h: how a token is doing, for health checks, metrics and people.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/error.h"
#include "keystore/token_facts.h"

namespace certbroker::keystore {

enum class TokenState {
  kStarting,    // the first attempt is still under way
  kUp,          // signing
  kRecovering,  // lost a moment ago, being started over; callers wait a little
  kDown,        // could not be reached; tried again all the time, callers are told at once
  kPinBlocked,  // the PIN was refused; nothing is tried until the PIN file changes
};
std::string_view ToString(TokenState state);  // "starting", "up"…

struct TokenHealth {
  TokenState state = TokenState::kStarting;
  std::uint64_t epoch = 0;          // rises with every login that worked
  std::optional<TokenFacts> token;  // as of the last login
  std::optional<Error> error;       // why it is not up
};

}  // namespace certbroker::keystore
