#include "tests/acme/solvers/stub_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>

#include "core/check.h"

namespace certbroker::acme {
namespace {

UniqueFd Bound(int type, ServerAddress& address) {
  UniqueFd fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  const SocketAddress want(address);
  CERTBROKER_CHECK(fd.valid());
  if (::bind(fd.get(), want.get(), want.size) != 0) return {};
  sockaddr_in got = {};
  socklen_t size = sizeof(got);
  CERTBROKER_CHECK(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&got), &size) == 0);
  address.port = ntohs(got.sin_port);
  return fd;
}

}  // namespace

StubServer::StubServer(Answer answer, const ServerAddress& listen)
    : answer_(std::move(answer)), stop_(::eventfd(0, EFD_CLOEXEC)) {
  // A port that TCP has free may be taken in UDP.
  for (int i = 0; i < 20 && !(udp_.valid() && tcp_.valid()); ++i) {
    address_ = listen;
    udp_ = Bound(SOCK_DGRAM, address_);
    tcp_ = Bound(SOCK_STREAM, address_);
  }
  CERTBROKER_CHECK(::listen(tcp_.get(), 8) == 0);
  thread_ = std::thread([this] { Serve(); });
}

StubServer::~StubServer() {
  const std::uint64_t one = 1;
  CERTBROKER_CHECK(::write(stop_.get(), &one, sizeof(one)) == sizeof(one));
  thread_.join();
}

void StubServer::Serve() {
  std::array<pollfd, 3> events = {pollfd{.fd = stop_.get(), .events = POLLIN, .revents = 0},
                                  pollfd{.fd = udp_.get(), .events = POLLIN, .revents = 0},
                                  pollfd{.fd = tcp_.get(), .events = POLLIN, .revents = 0}};
  while (true) {
    ::poll(events.data(), events.size(), -1);
    if (events[0].revents != 0) return;
    if (events[1].revents != 0) AnswerUdp();
    if (events[2].revents != 0) AnswerTcp();
  }
}

void StubServer::AnswerUdp() {
  Bytes request(65535);
  sockaddr_storage from = {};
  socklen_t size = sizeof(from);
  const ssize_t got = ::recvfrom(udp_.get(), request.data(), request.size(), 0,
                                 reinterpret_cast<sockaddr*>(&from), &size);
  if (got <= 0) return;
  ++requests_;
  request.resize(static_cast<std::size_t>(got));
  if (const auto reply = answer_(request, false)) {
    ::sendto(udp_.get(), reply->data(), reply->size(), 0, reinterpret_cast<sockaddr*>(&from), size);
  }
}

void StubServer::AnswerTcp() {
  UniqueFd connection(::accept4(tcp_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  std::array<std::uint8_t, 2> length{};
  if (::recv(connection.get(), length.data(), 2, MSG_WAITALL) != 2) return;
  ++requests_;
  Bytes request(std::size_t{length[0]} << 8U | length[1]);
  if (::recv(connection.get(), request.data(), request.size(), MSG_WAITALL) <= 0) return;
  const auto reply = answer_(request, true);
  if (!reply) {
    silent_.push_back(std::move(connection));
    return;
  }
  Bytes framed = {static_cast<std::uint8_t>(reply->size() >> 8U),
                  static_cast<std::uint8_t>(reply->size() & 0xFFU)};
  framed.insert(framed.end(), reply->begin(), reply->end());
  ::send(connection.get(), framed.data(), framed.size(), MSG_NOSIGNAL);
}

Bytes EmptyAnswer(ByteView request, int rcode, std::uint8_t flags) {
  std::size_t end = 12;
  while (request[end] != 0) end += std::size_t{1} + request[end];
  Bytes reply = ToBytes(request.first(end + 5));
  reply[2] = static_cast<std::uint8_t>(reply[2] | 0x80U | flags);
  reply[3] = static_cast<std::uint8_t>(rcode);
  for (std::size_t i = 6; i < 12; ++i) reply[i] = 0;
  return reply;
}

}  // namespace certbroker::acme
