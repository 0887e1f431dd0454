// tests/fakes/fake_challenge_rows.h: the rows of order_authorizations, and what every fake that
// touches them does to them.
#pragma once

#include <optional>

#include "tests/fakes/fake_tables.h"

namespace certbroker::fakes {

// The order with the authorizations of its present attempt.
Order ReadOrder(const State& state, const OrderRow& row);
// The machine's view; what solvers have reported stays.
void WriteAuthorizations(State& state, const Order& order);
// What attempts before `attempt` (nothing: all) have put up comes down.
void Withdraw(State& state, const Order& order, std::optional<int> attempt);
// After every change of `row`: whether it is a solver's work, and when.
void MakeDue(const State& state, ChallengeRow& row, std::chrono::milliseconds in);

}  // namespace certbroker::fakes
