// cli/order_text.h: orders for people. Pure; printable, whatever the service says.
#pragma once

#include <string>

#include "certbroker/v1/order.pb.h"
#include "core/time.h"

namespace certbroker::cli {

// One line per order; says so where there are more, or none.
std::string OrdersText(const v1::ListOrdersResponse& list, Time now);

// Everything about one order: its fields, its names' proofs of control, its history.
std::string OrderText(const v1::Order& order, Time now);

}  // namespace certbroker::cli
