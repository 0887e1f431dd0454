// inbound/listen_socket.h: a TCP socket that listens on the address that somebody has configured.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/result.h"
#include "core/unique_fd.h"

namespace certbroker::inbound {

struct ListenSocket {
  UniqueFd fd;
  std::uint16_t port = 0;  // the kernel's choice when the address said 0
  bool loopback = false;   // only this host can connect, for itself or as somebody's proxy
};

// Where the address comes from, for the texts of errors.
struct ListenOption {
  std::string_view name;
  int port;                      // the one at which CAs look
  std::string_view when_in_use;  // what to do when another server has it
};

// "127.0.0.1:80", "0.0.0.0:80", "[::]:80" (IPv6 in brackets; [::] serves IPv4 too). Numbers only: a
// name may stand for several addresses. kInvalidArgument: another form. kFileUnusable: in use, not
// this host's, or not permitted. The text says which and what to do.
Result<ListenSocket> Listen(std::string_view address, const ListenOption& option);

}  // namespace certbroker::inbound
