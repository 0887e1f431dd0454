// core/ports/challenge_lookup.h: the answers that the service's own http-01 responder may give.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/identifier.h"
#include "core/result.h"

namespace certbroker {

class ChallengeLookup {
 public:
  virtual ~ChallengeLookup() = default;

  // The key authorization (RFC 8555 §8.1) that an order wants served under this token for this
  // name, by the responder; nothing: there is none. The first look is recorded as the CA's, and
  // wakes the order. `token` is looked up, never interpreted; the caller has checked its grammar.
  // kDatabaseUnavailable, kOverloaded. Thread-safe; blocks for one round trip.
  virtual Result<std::optional<std::string>> KeyAuthorizationFor(const Identifier& name,
                                                                 std::string_view token) = 0;
};

}  // namespace certbroker
