// agent/placement.h: how a request that is on record here becomes an order at the service.
#pragma once

#include "agent/pending_request.h"
#include "agent/service_link.h"

namespace certbroker::agent {

// Asks for the order of `request`, or for the one that it made when it was sent before: the
// service knows it by its request_id. Errors: what the service says.
Result<v1::Order> PlaceOrder(const ServiceLink& service, const PendingRequest& request);

// Whether the service has looked at the request and said no: then there is no order and will be
// none. Of everything else it cannot be known, so that the request must be kept.
bool WasRefused(const Error& error);

}  // namespace certbroker::agent
