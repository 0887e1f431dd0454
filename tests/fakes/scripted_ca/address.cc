#include "tests/fakes/scripted_ca/address.h"

#include <sys/socket.h>

namespace certbroker::scripted_ca {

std::optional<HostAndPort> SplitAddress(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  HostAndPort parts{address.substr(0, colon), address.substr(colon + 1)};
  if (parts.host.starts_with('[') && parts.host.ends_with(']')) {
    parts.host = parts.host.substr(1, parts.host.size() - 2);
  }
  return parts;
}

AddressPtr ResolveAddress(const std::string& address, int socket_type) {
  addrinfo* found = nullptr;
  if (const auto parts = SplitAddress(address)) {
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
    hints.ai_socktype = socket_type;
    if (::getaddrinfo(parts->host.c_str(), parts->port.c_str(), &hints, &found) != 0) {
      found = nullptr;
    }
  }
  return {found, &freeaddrinfo};
}

}  // namespace certbroker::scripted_ca
