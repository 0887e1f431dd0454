// client/order_state_name.h: an order's state as docs/order-lifecycle.md spells it.
#pragma once

#include <string>

#include "certbroker/v1/order.pb.h"

namespace certbroker::client {

// "VALIDATING"; "UNKNOWN": a state of a newer service.
std::string StateName(v1::OrderState state);

}  // namespace certbroker::client
