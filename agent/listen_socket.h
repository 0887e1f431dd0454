// agent/listen_socket.h: a TCP socket that listens on the address that --http-listen or
// --tls-listen names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/challenge.h"
#include "core/result.h"
#include "core/unique_fd.h"

namespace certbroker::agent {

struct ListenSocket {
  UniqueFd fd;
  std::uint16_t port = 0;  // the kernel's choice when the address said 0
  bool loopback = false;   // only this host can connect, for itself or as somebody's proxy
};

// "127.0.0.1:80", "0.0.0.0:80", "[::]:80" (IPv6 in brackets; [::] serves IPv4 too). Numbers only: a
// name may stand for several addresses. kInvalidArgument: another form. kFileUnusable: in use, not
// this host's, or not permitted. The text says which and what to do, with the option and port of
// `type`, kHttp01 or kTlsAlpn01.
Result<ListenSocket> Listen(std::string_view address, ChallengeType type);

}  // namespace certbroker::agent
