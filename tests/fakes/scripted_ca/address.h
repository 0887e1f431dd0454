// tests/fakes/scripted_ca/address.h: "ADDRESS:PORT" as the sockets want it. Nothing here asks DNS.
#pragma once

#include <netdb.h>

#include <memory>
#include <optional>
#include <string>

namespace certbroker::scripted_ca {

using AddressPtr = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

struct HostAndPort {
  std::string host;  // without brackets
  std::string port;
};

// "127.0.0.1:53", "[::1]:53". Nothing: no colon.
std::optional<HostAndPort> SplitAddress(const std::string& address);

// For a socket of that type (SOCK_STREAM, SOCK_DGRAM). nullptr: no such address.
AddressPtr ResolveAddress(const std::string& address, int socket_type);

}  // namespace certbroker::scripted_ca
