// tests/fakes/scripted_ca/renewal_window.h: when a certificate should be renewed (RFC 9773 §4.2),
// as Let's Encrypt computes it.
#pragma once

#include <utility>

#include "tests/fakes/scripted_ca/model.h"

namespace certbroker::scripted_ca {

// 2 % of the lifetime around two thirds of it, or around half of it below ten days; in the recent
// past for a revoked one.
std::pair<Time, Time> WindowOf(const Certificate& certificate, Time now);

}  // namespace certbroker::scripted_ca
