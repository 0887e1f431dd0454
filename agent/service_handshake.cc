#include "agent/service_handshake.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "core/unique_fd.h"

namespace certbroker::agent {
namespace {

using std::chrono::milliseconds;
using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;
using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using Connection = std::unique_ptr<SSL, decltype(&SSL_free)>;

struct HostAndPort {
  std::string host;
  std::string port;
};

Result<HostAndPort> SplitAddress(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  const bool bracketed = address.starts_with('[');
  const std::size_t close = address.rfind(']');
  if (colon == std::string::npos || colon == 0 || colon + 1 == address.size() ||
      (bracketed && close + 1 != colon)) {
    return Error(Reason::kInvalidArgument,
                 fmt::format("the service's address '{}' is not HOST:PORT", Printable(address)));
  }
  return HostAndPort{bracketed ? address.substr(1, close - 1) : address.substr(0, colon),
                     address.substr(colon + 1)};
}

Error NotReached(const std::string& address, std::string_view why) {
  return {Reason::kServiceUnreachable,
          fmt::format("{}: {}. Is the address right, and reachable?", Printable(address), why)};
}

std::string SystemText(int error_number) { return std::generic_category().message(error_number); }

// 0: ready; else an errno.
int WaitFor(int fd, short events, const Clock& clock, SteadyTime deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - clock.Tick());
    if (left.count() <= 0) return ETIMEDOUT;
    pollfd waiting{.fd = fd, .events = events, .revents = 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready > 0) return 0;
    if (ready < 0 && errno != EINTR) return errno;
  }
}

// 0: `out` is connected; else an errno.
int ConnectOne(const addrinfo& one, const Clock& clock, SteadyTime deadline, UniqueFd& out) {
  UniqueFd fd(
      ::socket(one.ai_family, one.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, one.ai_protocol));
  if (!fd.valid()) return errno;
  if (::connect(fd.get(), one.ai_addr, one.ai_addrlen) != 0) {
    if (errno != EINPROGRESS) return errno;
    if (const int late = WaitFor(fd.get(), POLLOUT, clock, deadline); late != 0) return late;
    int failure = 0;
    socklen_t size = sizeof failure;
    if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &failure, &size) != 0) return errno;
    if (failure != 0) return failure;
  }
  out = std::move(fd);
  return 0;
}

Result<UniqueFd> ConnectTo(const std::string& address, const HostAndPort& where, const Clock& clock,
                           SteadyTime deadline) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failure = ::getaddrinfo(where.host.c_str(), where.port.c_str(), &hints, &found);
  if (failure != 0) return NotReached(address, ::gai_strerror(failure));
  const Addresses all(found, &::freeaddrinfo);
  int why = ENOENT;
  UniqueFd fd;
  for (const addrinfo* one = all.get(); one != nullptr; one = one->ai_next) {
    why = ConnectOne(*one, clock, deadline, fd);
    if (why == 0) return fd;
  }
  return NotReached(address, SystemText(why));
}

Context MakeClientContext() {
  Context context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  constexpr std::array<unsigned char, 3> kH2 = {2, 'h', '2'};
  if (context == nullptr || SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_alpn_protos(context.get(), kH2.data(), kH2.size()) != 0) {
    return {nullptr, &SSL_CTX_free};
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  return context;
}

bool IsIpLiteral(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> ignored{};
  return ::inet_pton(AF_INET, host.c_str(), ignored.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), ignored.data()) == 1;
}

std::string WhyNoHandshake() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  return fmt::format("no TLS 1.3 handshake ({})",
                     reason != nullptr ? reason : "the connection was closed");
}

Result<void> ShakeHands(SSL& connection, int fd, const std::string& address, const Clock& clock,
                        SteadyTime deadline) {
  for (;;) {
    const int done = SSL_connect(&connection);
    if (done == 1) return {};
    const int wanted = SSL_get_error(&connection, done);
    if (wanted != SSL_ERROR_WANT_READ && wanted != SSL_ERROR_WANT_WRITE) {
      return NotReached(address, WhyNoHandshake());
    }
    const short events = wanted == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
    if (const int late = WaitFor(fd, events, clock, deadline); late != 0) {
      return NotReached(address, fmt::format("no TLS handshake in time ({})", SystemText(late)));
    }
  }
}

Result<std::vector<pki::Certificate>> PeersChain(const SSL& connection,
                                                 const std::string& address) {
  std::vector<pki::Certificate> chain;
  STACK_OF(X509)* shown = SSL_get_peer_cert_chain(&connection);
  for (int i = 0; i < sk_X509_num(shown); ++i) {
    std::uint8_t* der = nullptr;
    const int size = i2d_X509(sk_X509_value(shown, i), &der);
    if (size <= 0) continue;
    auto one = pki::Certificate::Parse({der, static_cast<std::size_t>(size)});
    OPENSSL_free(der);
    if (one) chain.push_back(*std::move(one));
  }
  if (chain.empty()) return NotReached(address, "it shows no certificate that can be read");
  return chain;
}

Result<std::vector<pki::Certificate>> Look(const std::string& address, const Clock& clock,
                                           milliseconds limit) {
  ASSIGN_OR_RETURN(const HostAndPort where, SplitAddress(address));
  const SteadyTime deadline = clock.Tick() + limit;
  ASSIGN_OR_RETURN(const UniqueFd fd, ConnectTo(address, where, clock, deadline));
  const Context context = MakeClientContext();
  const Connection connection(context ? SSL_new(context.get()) : nullptr, &SSL_free);
  if (connection == nullptr || SSL_set_fd(connection.get(), fd.get()) != 1 ||
      (!IsIpLiteral(where.host) &&
       SSL_set_tlsext_host_name(connection.get(), where.host.c_str()) != 1)) {
    return Error(Reason::kInternal, "OpenSSL could not prepare a TLS connection");
  }
  RETURN_IF_ERROR(ShakeHands(*connection, fd.get(), address, clock, deadline));
  return PeersChain(*connection, address);
}

}  // namespace

Result<std::vector<pki::Certificate>> ChainShownBy(const std::string& address, const Clock& clock,
                                                   milliseconds limit) {
  // gRPC reads the same error queue on this thread; nothing of ours may stay there.
  ERR_set_mark();
  auto chain = Look(address, clock, limit);
  ERR_pop_to_mark();
  return chain;
}

}  // namespace certbroker::agent
