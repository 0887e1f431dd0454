// tests/fakes/scripted_ca/order_view.h: orders and authorizations as clients read them (RFC 8555
// §7.1.3, §7.1.4).
#pragma once

#include "tests/fakes/scripted_ca/ca.h"

namespace certbroker::scripted_ca {

// With Location, and Retry-After while it is processing.
Response OrderAnswer(const Ca& ca, const Order& order, int status);
Json ChallengeJson(const Ca& ca, const Authorization& authorization, std::size_t index);
Response AuthorizationAnswer(const Ca& ca, const Authorization& authorization);

// Retry-After in the form that the options ask for.
void AddRetryAfter(const Ca& ca, Response& response);

// The account's own, old enough to be seen by a replica that lags, and up to date. A problem
// otherwise: 404, or 403 for somebody else's.
Outcome<Order*> FindOrder(Ca& ca, Id account, Id order) REQUIRES(ca.mutex);
Outcome<Authorization*> FindAuthorization(Ca& ca, Id account, Id id) REQUIRES(ca.mutex);

}  // namespace certbroker::scripted_ca
