// tests/integration/api_order.h: an order over the API, with what the agent has no option for. The
// names must be such that the service proves them by itself.
#pragma once

#include <string>
#include <vector>

#include "tests/support/dev_stack.h"

namespace certbroker {

struct ApiWish {
  std::vector<std::string> names;
  std::string issuer;  // "pebble"
  std::vector<std::string> fallback_issuers = {};
  std::string profile = {};
  bool profile_preferred = false;
};

// As identity 0 of the stack, for a key that nobody keeps. Blocks until the order is final, a
// minute at most; the order as the operator is shown it. Fails the test, and is null, when it is
// refused.
nlohmann::json OrderOverApi(const DevStack& stack, const ApiWish& wish);

}  // namespace certbroker
