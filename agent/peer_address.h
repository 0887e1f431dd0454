// agent/peer_address.h: who is at the other end of a connection, in text.
#pragma once

#include <string>

struct sockaddr;

namespace certbroker::agent {

// "192.0.2.1", "2001:db8::1"; "unknown" for what is neither IPv4 nor IPv6, or nullptr.
std::string AddressText(const sockaddr* peer);

}  // namespace certbroker::agent
