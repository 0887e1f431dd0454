// acme/order_machine.h: what happens next to an order, and what an answer means for it. Pure: no
// I/O, no clock, no state.
//
//   effect = Next(order, context)                    what to do now
//   step   = Apply(order, effect, outcome, context)  what the answer makes of the order
//
// Every rule of RFC 8555 about the order of things is here and nowhere else; the engine carries
// effects out, the store keeps the outcome. Neither function repeats an effect whose outcome is
// unknown without asking first, and neither leaves an order that is not terminal without a time at
// which it goes on. docs/order-lifecycle.md has the picture.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "acme/order_observation.h"
#include "acme/order_step.h"
#include "core/order.h"
#include "core/result.h"

namespace certbroker::acme {

// ---- Effects: one signed request each, but for the last.

// newOrder. Not repeatable: intent first.
struct PlaceOrder {};
// POST-as-GET order_url.
struct FetchOrder {};
// POST-as-GET authorizations[index].url.
struct FetchAuthorization {
  std::size_t index;
};
// POST {} to the challenge of authorizations[index]: the CA may look now.
struct AskToValidate {
  std::size_t index;
};
// The CSR. Not repeatable: intent first, in state kFinalizing.
struct Finalize {};
// Download and check.
struct FetchCertificate {};
// Nobody need be asked: a deadline passed, the agent's word is in, …
struct Decide {
  Step step;
};

using Effect = std::variant<PlaceOrder, FetchOrder, FetchAuthorization, AskToValidate, Finalize,
                            FetchCertificate, Decide>;
std::string_view NameOf(const Effect& effect);  // "newOrder", for logs

// Precondition: the order is not terminal.
Effect Next(const Order& order, const MachineContext& context);

// Precondition: `effect` came from Next, or is Finalize after a step that said finalize_again; it
// is no Decide; `outcome` holds the observation of that effect.
Step Apply(Order order, const Effect& effect, const Result<Observation>& outcome,
           const MachineContext& context);

// The order as it is on record before the CSR is sent: from there on, whoever holds it asks the CA
// first.
Order Finalizing(Order order);

}  // namespace certbroker::acme
