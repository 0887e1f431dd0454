// pki/identity_number.h: the number of an agent's identity, out of its certificate's serial number.
#pragma once

#include <optional>

#include "core/agent.h"
#include "pki/certificate.h"

namespace certbroker::pki {

// The serial number as an agent CA makes it is number · 2^64 + 64 random bits. Nothing: the serial
// is no such number: negative, below 2^64 or from 2^127. Every CA may have such serials, so ask
// only of a certificate that is known to be an agent CA's (VerifyClientChain).
std::optional<IdentityNumber> IdentityNumberOf(const Certificate& certificate);

}  // namespace certbroker::pki
