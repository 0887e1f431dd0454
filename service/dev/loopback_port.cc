#include "service/dev/loopback_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <fmt/core.h>

#include "service/dev/system_error.h"

namespace certbroker::dev {
namespace {

// Linux takes source ports from 32768 up (net.ipv4.ip_local_port_range).
constexpr std::uint16_t kFirst = 20000;
constexpr std::uint16_t kEnd = 32000;
constexpr int kTries = 200;

sockaddr_in Loopback(std::uint16_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

UniqueFd Bound(int type, std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  const sockaddr_in address = Loopback(port);
  if (!fd.valid() ||
      ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return {};
  }
  return fd;
}

}  // namespace

Result<LoopbackPort> LoopbackPort::Reserve(Random& random) {
  for (int i = 0; i < kTries; ++i) {
    const auto port = static_cast<std::uint16_t>(kFirst + random.Below(kEnd - kFirst));
    UniqueFd fd = Bound(SOCK_STREAM, port);
    if (!fd.valid() || !Bound(SOCK_DGRAM, port).valid()) continue;
    // Only now: with it before bind, a second reservation would share the port.
    const int on = 1;
    if (::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0) {
      return SystemError("setting SO_REUSEADDR");
    }
    return LoopbackPort(port, std::move(fd));
  }
  return Error(Reason::kInternal, fmt::format("no free port of 127.0.0.1 between {} and {}; what "
                                              "listens there? (ss -ltn)",
                                              kFirst, kEnd));
}

std::string LoopbackPort::address() const { return fmt::format("127.0.0.1:{}", number_); }

bool SomethingListens(std::uint16_t port) {
  // Loopback answers a blocking connect at once, except when the server's backlog is full.
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval limit = {.tv_sec = 1, .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  const sockaddr_in address = Loopback(port);
  return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

}  // namespace certbroker::dev
