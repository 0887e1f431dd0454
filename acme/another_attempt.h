// acme/another_attempt.h: orders that begin again, with a new order at a CA: with another challenge
// where one failed, or at another issuer.
//
// Pure. Only orders of which no CA has got the CSR begin again, and each time there is less left to
// try: it comes to an end.
#pragma once

#include <cstddef>
#include <vector>

#include "acme/order_step.h"
#include "core/challenge.h"

namespace certbroker::acme {

// What has not failed yet in this order, best first. Precondition: the authorization has been read.
std::vector<ChallengeOption> OptionsLeft(const Order& order, const Authorization& authorization,
                                         const SolverPlan& solvers);

// A challenge has failed. Once more from the start, without that one, where another solver or type
// could prove the name (an authorization that is invalid stays so, RFC 8555 §7.1.6); else Fail.
Step TryAnotherChallenge(Order order, std::size_t index, Error why, const MachineContext& context);

// `step` as it is; or, where it makes of `before` an order that failed, or is held up, for a reason
// that another CA need not share, and a fallback is left: the order begins again there.
Step OrElsewhere(const Order& before, Step step);

}  // namespace certbroker::acme
