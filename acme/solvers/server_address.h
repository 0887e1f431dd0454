// acme/solvers/server_address.h: where a name server listens: an IP address and a port.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"

namespace certbroker::acme {

inline constexpr std::uint16_t kDnsPort = 53;

struct ServerAddress {
  std::string ip;  // "192.0.2.53", "2001:db8::53"
  std::uint16_t port = kDnsPort;

  // "192.0.2.53", "192.0.2.53:5353", "2001:db8::53", "[2001:db8::53]:5353". kConfigInvalid: a name
  // is refused too, because looking it up would need a name server first.
  static Result<ServerAddress> Parse(std::string_view text);

  bool is_ipv6() const { return ip.find(':') != std::string::npos; }
  std::string ToString() const;  // port 53 is left out

  friend bool operator==(const ServerAddress&, const ServerAddress&) = default;
};

// The address as the kernel wants it. Precondition: `server.ip` is an IP address.
struct SocketAddress {
  explicit SocketAddress(const ServerAddress& server);
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }

  sockaddr_storage storage = {};
  socklen_t size = 0;
};

}  // namespace certbroker::acme
