// tests/fakes/scripted_ca/tls_look.h: tls-alpn-01 (RFC 8737), for addresses too (RFC 8738 §6).
#pragma once

#include <cstdint>
#include <string>

#include "tests/fakes/scripted_ca/question.h"

namespace certbroker::scripted_ca {

// Shakes hands on that port by "acme-tls/1", at `address` whatever the name says, or where DNS says
// when that is empty, and reads the certificate that is shown. "connection", "dns"; "tls": no
// handshake, or not by that protocol; "incorrectResponse": another certificate than the
// challenge's.
Verdict ShakeHands(const Question& question, const std::string& address, std::uint16_t port);

// RFC 8737 §3 for a name; RFC 8738 §6 for an address: "1.2.0.192.in-addr.arpa".
std::string ServerNameFor(const Identifier& identifier);

}  // namespace certbroker::scripted_ca
