#include "agent/peer_address.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>

namespace certbroker::agent {

std::string AddressText(const sockaddr* peer) {
  if (peer == nullptr) return "unknown";
  const socklen_t size = peer->sa_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  std::array<char, NI_MAXHOST> text{};
  if (::getnameinfo(peer, size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0) {
    return "unknown";
  }
  return text.data();
}

}  // namespace certbroker::agent
