#include "service/rpc/connection_acceptor.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace certbroker::rpc {
namespace {

constexpr int kBacklog = 512;
// Left for the database, the CA, the token, files and operators.
constexpr int kReserve = 256;
constexpr std::chrono::milliseconds kPauseAfterFailure{100};

// The kernel gives the lowest free number, so a connection's own number tells how many descriptors
// are in use.
int HighestDescriptor() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return kReserve;
  const auto most = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 1'000'000));
  return std::max(most - kReserve, most / 2);
}

Error CannotListen(const std::string& address, const std::string& why) {
  return {Reason::kConfigInvalid,
          fmt::format("agents.listen: cannot listen on {}: {}", address, why)};
}

// "[::1]:443" → {"::1", "443"}.
std::pair<std::string, std::string> Split(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return {address, ""};
  std::string host = address.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  return {std::move(host), address.substr(colon + 1)};
}

int PortOf(int socket) {
  sockaddr_storage bound{};
  socklen_t size = sizeof(bound);
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return 0;
  std::array<char, NI_MAXSERV> port{};
  if (::getnameinfo(reinterpret_cast<sockaddr*>(&bound), size, nullptr, 0, port.data(), port.size(),
                    NI_NUMERICSERV) != 0) {
    return 0;
  }
  return static_cast<int>(std::strtol(port.data(), nullptr, 10));
}

// Bound and listening; -1 with errno.
int ListenOn(const addrinfo& address) {
  const int fd = ::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  constexpr int kOn = 1;
  constexpr int kOff = 0;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &kOn, sizeof(kOn));
  if (address.ai_family == AF_INET6) {
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &kOff, sizeof(kOff));
  }
  if (::bind(fd, address.ai_addr, address.ai_addrlen) == 0 && ::listen(fd, kBacklog) == 0) {
    return fd;
  }
  const int why = errno;
  ::close(fd);
  errno = why;
  return -1;
}

}  // namespace

Result<std::unique_ptr<ConnectionAcceptor>> ConnectionAcceptor::Listen(const std::string& address,
                                                                       Log& log) {
  const auto [host, port] = Split(address);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (failed != 0) return CannotListen(address, ::gai_strerror(failed));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
  const int listener = ListenOn(*addresses);
  if (listener < 0) return CannotListen(address, std::strerror(errno));
  const int stop_event = ::eventfd(0, EFD_CLOEXEC);
  if (stop_event < 0) {
    ::close(listener);
    return CannotListen(address, std::strerror(errno));
  }
  return std::unique_ptr<ConnectionAcceptor>(
      new ConnectionAcceptor(listener, stop_event, PortOf(listener), log));
}

ConnectionAcceptor::ConnectionAcceptor(int listener, int stop_event, int port, Log& log)
    : listener_(listener),
      stop_event_(stop_event),
      port_(port),
      highest_descriptor_(HighestDescriptor()),
      log_(log) {}

ConnectionAcceptor::~ConnectionAcceptor() {
  Stop();
  ::close(stop_event_);
}

void ConnectionAcceptor::AddTo(grpc::ServerBuilder& builder,
                               std::shared_ptr<grpc::ServerCredentials> credentials) {
  into_ = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      std::move(credentials));
}

void ConnectionAcceptor::Start() {
  thread_ = std::jthread([this] { Run(); });
}

void ConnectionAcceptor::Stop() {
  if (thread_.joinable()) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(stop_event_, &one, sizeof(one));
    thread_.join();
  }
  // Clients are refused at once, instead of waiting in the backlog.
  if (const int listener = std::exchange(listener_, -1); listener >= 0) ::close(listener);
}

void ConnectionAcceptor::Run() {
  ::pthread_setname_np(::pthread_self(), "accept");
  for (;;) {
    std::array<pollfd, 2> events = {pollfd{stop_event_, POLLIN, 0}, pollfd{listener_, POLLIN, 0}};
    if (::poll(events.data(), events.size(), -1) < 0 && errno != EINTR) return;
    if (events[0].revents != 0) return;
    if (events[1].revents != 0) AcceptOne();
  }
}

void ConnectionAcceptor::AcceptOne() {
  const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) {
    // Out of descriptors or memory: it passes. Everything else was the peer's.
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      log_.Warning("accept_failed", {{"error", std::strerror(errno)}});
      pollfd stop{stop_event_, POLLIN, 0};
      ::poll(&stop, 1, static_cast<int>(kPauseAfterFailure.count()));
    }
    return;
  }
  if (fd > highest_descriptor_) {
    Refuse(fd);
    return;
  }
  if (std::exchange(refusing_, false)) log_.Info("connections_taken_again");
  constexpr int kOn = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof(kOn));
  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
  connection.listener_fd = listener_;
  connection.fd = fd;
  into_->HandleNewConnection(&connection);
}

void ConnectionAcceptor::Refuse(int connection) {
  ::close(connection);
  if (std::exchange(refusing_, true)) return;
  log_.Warning("connections_refused",
               {{"why", "too many are open; raise the limit of open files (LimitNOFILE=)"}});
}

}  // namespace certbroker::rpc
