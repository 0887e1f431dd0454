#include "inbound/listen_socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace certbroker::inbound {
namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

Error Malformed(std::string_view address, const ListenOption& option) {
  return {Reason::kInvalidArgument,
          fmt::format("{} '{}' is not ADDRESS:PORT with a numeric address, such as 0.0.0.0:{} or "
                      "[::]:{}",
                      option.name, Printable(address), option.port, option.port)};
}

Error CannotListen(std::string_view address, const ListenOption& option, int error_number) {
  std::string advice;
  if (error_number == EADDRINUSE) {
    advice = fmt::format("; another server has the port: {}", option.when_in_use);
  } else if (error_number == EACCES) {
    advice = "; ports below 1024 need root or CAP_NET_BIND_SERVICE";
  } else if (error_number == EADDRNOTAVAIL) {
    advice = "; the address is not one of this host's";
  }
  return {Reason::kFileUnusable,
          fmt::format("cannot listen on {}: {}{}", Printable(address),
                      std::generic_category().message(error_number), advice)};
}

Result<Addresses> Resolve(std::string_view address, const ListenOption& option) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return Malformed(address, option);
  std::string host(address.substr(0, colon));
  const std::string port(address.substr(colon + 1));
  const bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (brackets) host = host.substr(1, host.size() - 2);
  if (host.empty() || port.empty() || brackets != (host.find(':') != std::string::npos)) {
    return Malformed(address, option);
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  addrinfo* found = nullptr;
  // The resolver takes the port modulo 65536.
  if (port.size() > 5 || port.find_first_not_of("0123456789") != std::string::npos ||
      std::stoi(port) > 65535 || ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) {
    return Malformed(address, option);
  }
  return Addresses(found, &freeaddrinfo);
}

std::uint16_t PortOf(int fd) {
  sockaddr_storage bound{};
  socklen_t size = sizeof(bound);
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return 0;
  return ntohs(bound.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6*>(&bound)->sin6_port
                   : reinterpret_cast<const sockaddr_in*>(&bound)->sin_port);
}

bool IsLoopback(const addrinfo& address) {
  if (address.ai_family == AF_INET6) {
    return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6*>(address.ai_addr)->sin6_addr);
  }
  const auto& v4 = *reinterpret_cast<const sockaddr_in*>(address.ai_addr);
  return ntohl(v4.sin_addr.s_addr) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET;
}

}  // namespace

Result<ListenSocket> Listen(std::string_view address, const ListenOption& option) {
  ASSIGN_OR_RETURN(const Addresses found, Resolve(address, option));
  UniqueFd fd(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  const int off = 0;
  // Without it, connections of a run that has just ended would keep the port for a minute.
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (found->ai_family == AF_INET6) {
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
  }
  if (!fd.valid() || ::bind(fd.get(), found->ai_addr, found->ai_addrlen) != 0 ||
      ::listen(fd.get(), SOMAXCONN) != 0) {
    return CannotListen(address, option, errno);
  }
  const std::uint16_t port = PortOf(fd.get());
  return ListenSocket{.fd = std::move(fd), .port = port, .loopback = IsLoopback(*found)};
}

}  // namespace certbroker::inbound
