// tests/fakes/scripted_ca/exchange.h: one request from its arrival to what leaves the server,
// script included. Knows nothing of sockets.
#pragma once

#include <optional>

#include "tests/fakes/scripted_ca/ca.h"

namespace certbroker::scripted_ca {

// Made when the whole request is in; the script has been asked.
struct Plan {
  Route route;
  std::optional<Action> action;

  // To be waited before Carry.
  std::chrono::milliseconds delay_before() const {
    return action ? action->delay_before : std::chrono::milliseconds{0};
  }
};
Plan MakePlan(Ca& ca, const Request& request);

// Acts and answers, as far as the plan lets it. Writes the record. Thread-safe.
Delivery Carry(Ca& ca, const Request& request, const Plan& plan);

}  // namespace certbroker::scripted_ca
