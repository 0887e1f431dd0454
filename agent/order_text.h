// agent/order_text.h: an order's state in one line, for people.
#pragma once

#include <string>

#include "certbroker/v1/order.pb.h"

namespace certbroker::agent {

bool IsFinal(v1::OrderState state);

// What the order is doing, or what it waits for, until when, and why:
//   The CA has been told to look and is looking.
//   waiting for the CA until 12:03:11 UTC: CA_LIMIT (CA_RATE_LIMITED: too many …)
// Printable; no newline.
std::string Doing(const v1::Order& order);

}  // namespace certbroker::agent
