// agent/listen_option.h: the socket that --http-listen or --tls-listen asks for.
#pragma once

#include <string_view>

#include "core/challenge.h"
#include "inbound/listen_socket.h"

namespace certbroker::agent {

// As inbound::Listen; the texts of its errors name the option and port of `type`, kHttp01 or
// kTlsAlpn01.
Result<inbound::ListenSocket> Listen(std::string_view address, ChallengeType type);

}  // namespace certbroker::agent
