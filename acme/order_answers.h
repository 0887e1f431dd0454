// acme/order_answers.h: what an order message of the CA means for an order, by what was asked. Part
// of the order machine.
#pragma once

#include "acme/order_observation.h"
#include "acme/order_step.h"

namespace certbroker::acme {

// The answer to newOrder.
Step ApplyPlacedOrder(Order order, const OrderSeen& seen, const MachineContext& context);
// The order itself, before finalize: only one without authorizations to follow is asked for itself.
Step ApplyPolledOrder(Order order, const OrderSeen& seen, const MachineContext& context);
// The order in kFinalizing. `answers_finalize`: this is the answer to the CSR, not to a question.
Step ApplyFinalizedOrder(Order order, const OrderSeen& seen, bool answers_finalize,
                         const MachineContext& context);

}  // namespace certbroker::acme
