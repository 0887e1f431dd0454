#include "tests/fakes/scripted_ca/listener.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "tests/fakes/scripted_ca/address.h"

namespace certbroker::scripted_ca {
namespace {

constexpr int kBacklog = 1024;

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
  const auto parts = SplitAddress(address);
  const AddressPtr where = ResolveAddress(address, SOCK_STREAM);
  if (!parts || where == nullptr) {
    return Error(Reason::kConfigInvalid, "'" + address + "' is not ADDRESS:PORT");
  }
  Listener listener;
  listener.host_ = parts->host;
  listener.fd_ = ::socket(where->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  ::setsockopt(listener.fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (::bind(listener.fd_, where->ai_addr, where->ai_addrlen) != 0 ||
      ::listen(listener.fd_, kBacklog) != 0) {
    return Error(Reason::kInternal, "cannot listen on " + address + "; is it in use?");
  }
  listener.port_ = PortOf(listener.fd_);
  listener.authority_ =
      address.substr(0, address.rfind(':')) + ":" + std::to_string(listener.port_);
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
