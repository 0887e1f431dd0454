// acme/order_machine.h: what happens next to an order, and what an answer means for it. Pure: no
// I/O, no clock, no state.
//
//   effect = Next(order, context)                     what to do now
//   step   = Apply(order, effect, outcome, context)   what the answer makes of the order, and when
//   it goes on
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

#include "acme/messages.h"
#include "core/jws.h"
#include "core/order.h"
#include "core/random.h"
#include "core/result.h"

namespace certbroker::acme {

struct MachineContext {
  Time now;
  const Jwk& account_key;  // its thumbprint goes into key authorizations
  Random& random;          // jitter
};

// ---- Effects: one signed request each, but for the last two.
struct PlaceOrder {};  // newOrder. Not repeatable: intent first.
struct FetchOrder {};  // POST-as-GET order_url
struct FetchAuthorization {
  std::size_t index;
};  // POST-as-GET authorizations[index].url
struct AskToValidate {
  std::size_t index;
};                           // POST {} to its challenge: the CA may look now
struct Finalize {};          // the CSR. Not repeatable: intent first, in state kFinalizing.
struct FetchCertificate {};  // download and check

// What the order becomes, and when it goes on.
struct Step {
  Order order;
  // Nothing: at once, keeping the lease. Meaningless in a terminal state.
  std::optional<std::chrono::milliseconds> due_in;
  bool wakeable = true;  // false: the CA named the time
  std::string event;     // a line for the order's history; empty: none
  // The CA was asked and never got the CSR: carry out Finalize next, instead of what Next says.
  bool finalize_again = false;
};
struct Decide {
  Step step;
};  // nobody need be asked: a deadline passed, the agent's word is in, …

using Effect = std::variant<PlaceOrder, FetchOrder, FetchAuthorization, AskToValidate, Finalize,
                            FetchCertificate, Decide>;
std::string_view NameOf(const Effect& effect);  // "newOrder", for logs

// ---- Outcomes: what came back, or the Error that came instead.
struct OrderSeen {
  OrderMessage message;
  std::optional<HttpsUrl> location;  // of newOrder's answer
  std::optional<std::chrono::milliseconds> retry_after;
};
struct AuthorizationSeen {
  AuthorizationMessage message;
  std::optional<std::chrono::milliseconds> retry_after;
};
struct ChallengeAccepted {};    // the CA will look
struct CertificateAccepted {};  // downloaded, and it is the one that was ordered

using Observation =
    std::variant<OrderSeen, AuthorizationSeen, ChallengeAccepted, CertificateAccepted>;

// Precondition: the order is not terminal.
Effect Next(const Order& order, const MachineContext& context);

// Precondition: `effect` came from Next, or is Finalize after a step that said finalize_again; it
// is no Decide; `outcome` holds the observation of that effect.
Step Apply(Order order, const Effect& effect, const Result<Observation>& outcome,
           const MachineContext& context);

// The order as it is on record before the CSR is sent: from there on, whoever holds it asks the CA first.
Order Finalizing(Order order);

// Ends the order with `why`: what a caller does when it may not carry an effect out.
Step Fail(Order order, Error why);

}  // namespace certbroker::acme
