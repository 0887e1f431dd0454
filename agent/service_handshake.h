// agent/service_handshake.h: what a service shows of itself before anybody believes it.
//
// gRPC gives a certificate to nobody whom it does not trust already, and says only that there is no
// connection. Here nothing is verified and nothing is sent: what comes back is a claim, to be held
// against a fingerprint or looked at for its dates.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "pki/certificate.h"

namespace certbroker::agent {

inline constexpr std::chrono::milliseconds kHandshakeLimit{5'000};

// The certificates that whoever listens at `address` ("host:port", IPv6 in brackets) sends in a TLS
// 1.3 handshake (ALPN h2), leaf first, at least one. Blocks up to `limit`, and as long as the
// resolver takes for a name. kInvalidArgument: no such address can be. kServiceUnreachable: nobody
// is there, or there is no handshake to be had.
Result<std::vector<pki::Certificate>> ChainShownBy(
    const std::string& address, const Clock& clock,
    std::chrono::milliseconds limit = kHandshakeLimit);

}  // namespace certbroker::agent
