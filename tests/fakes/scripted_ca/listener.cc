#include "tests/fakes/scripted_ca/listener.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <utility>

namespace certbroker::scripted_ca {
namespace {

constexpr int kBacklog = 1024;

using AddressPtr = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

AddressPtr Resolve(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) found = nullptr;
  return {found, &freeaddrinfo};
}

std::uint16_t PortOf(int fd) {
  sockaddr_storage bound{};
  socklen_t size = sizeof(bound);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size);
  std::array<char, NI_MAXSERV> port{};
  ::getnameinfo(reinterpret_cast<sockaddr*>(&bound), size, nullptr, 0, port.data(), port.size(),
                NI_NUMERICSERV);
  return static_cast<std::uint16_t>(std::stoi(port.data()));
}

}  // namespace

Result<Listener> Listener::Bind(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) {
    return Error(Reason::kConfigInvalid, "'" + address + "' is not ADDRESS:PORT");
  }
  Listener listener;
  listener.host_ = address.substr(0, colon);
  const bool bracketed = listener.host_.starts_with('[') && listener.host_.ends_with(']');
  if (bracketed) listener.host_ = listener.host_.substr(1, listener.host_.size() - 2);
  const AddressPtr where = Resolve(listener.host_, address.substr(colon + 1));
  if (where == nullptr) {
    return Error(Reason::kConfigInvalid, "'" + address + "' is not ADDRESS:PORT");
  }
  listener.fd_ = ::socket(where->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  ::setsockopt(listener.fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (::bind(listener.fd_, where->ai_addr, where->ai_addrlen) != 0 ||
      ::listen(listener.fd_, kBacklog) != 0) {
    return Error(Reason::kInternal, "cannot listen on " + address + "; is it in use?");
  }
  listener.port_ = PortOf(listener.fd_);
  listener.authority_ = address.substr(0, colon) + ":" + std::to_string(listener.port_);
  return listener;
}

Listener::Listener(Listener&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      port_(other.port_),
      host_(std::move(other.host_)),
      authority_(std::move(other.authority_)) {}

Listener::~Listener() {
  if (fd_ >= 0) ::close(fd_);
}

int Listener::Release() { return std::exchange(fd_, -1); }

}  // namespace certbroker::scripted_ca
