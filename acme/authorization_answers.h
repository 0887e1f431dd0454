// acme/authorization_answers.h: what an authorization of the CA means for an order. Part of the
// order machine.
#pragma once

#include <cstddef>

#include "acme/order_observation.h"
#include "acme/order_step.h"

namespace certbroker::acme {

// Read for the first time, in kPlaced: which name does it prove, and how.
Step ApplyReadAuthorization(Order order, std::size_t index, const AuthorizationSeen& seen,
                            const MachineContext& context);
// Read again while the CA validates.
Step ApplyPolledAuthorization(Order order, std::size_t index, const AuthorizationSeen& seen,
                              const MachineContext& context);
// The CA has been told to look.
Step ApplyChallengeAccepted(Order order, std::size_t index, const MachineContext& context);

}  // namespace certbroker::acme
