// tests/fakes/scripted_ca/progress.h: what time and verdicts make of authorizations and orders
// (RFC 8555 §7.1.6).
//
// Nothing moves by itself: whoever looks at an object brings it up to date first.
#pragma once

#include "tests/fakes/scripted_ca/ca.h"

namespace certbroker::scripted_ca {

void BringUpToDate(Ca& ca, Authorization& authorization) REQUIRES(ca.mutex);
// And its authorizations.
void BringUpToDate(Ca& ca, Order& order) REQUIRES(ca.mutex);

}  // namespace certbroker::scripted_ca
