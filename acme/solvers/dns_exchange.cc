#include "acme/solvers/dns_exchange.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "acme/solvers/dns_message.h"
#include "core/unique_fd.h"

namespace certbroker::acme {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMaxUdp = 512;  // RFC 1035 §4.2.1, as we send no EDNS
constexpr milliseconds kLongestTry = std::chrono::seconds{2};
constexpr milliseconds kShortestTry{100};

Error Unavailable(const ServerAddress& server, std::string_view what) {
  return {Reason::kDnsUnavailable, fmt::format("{} {}", server.ToString(), what)};
}

Error Failed(const ServerAddress& server, std::string_view doing, int error_number) {
  return Unavailable(server, fmt::format("cannot be asked: {}: {}", doing,
                                         std::generic_category().message(error_number)));
}

// One conversation's socket and the moment at which it must be over.
class Conversation {
 public:
  Conversation(const ServerAddress& server, const Clock& clock, SteadyTime deadline)
      : server_(server), clock_(clock), deadline_(deadline) {}

  Result<void> Connect(int type) {
    const SocketAddress address(server_);
    fd_ = UniqueFd(::socket(address.storage.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd_.valid()) return Failed(server_, "socket", errno);
    if (::connect(fd_.get(), address.get(), address.size) == 0) return {};
    if (errno != EINPROGRESS) return Failed(server_, "connect", errno);
    RETURN_IF_ERROR(Wait(POLLOUT));
    int error_number = 0;
    socklen_t size = sizeof(error_number);
    ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error_number, &size);
    if (error_number != 0) return Failed(server_, "connect", error_number);
    return {};
  }

  Result<void> Send(ByteView octets) {
    while (!octets.empty()) {
      const ssize_t sent = ::send(fd_.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
      if (sent >= 0) {
        octets = octets.subspan(static_cast<std::size_t>(sent));
      } else if (errno == EAGAIN) {
        RETURN_IF_ERROR(Wait(POLLOUT));
      } else if (errno != EINTR) {
        return Failed(server_, "send", errno);
      }
    }
    return {};
  }

  // What is there, at most `limit` octets; of UDP one whole datagram.
  Result<Bytes> Receive(std::size_t limit) {
    Bytes octets(limit);
    while (true) {
      const ssize_t got = ::recv(fd_.get(), octets.data(), octets.size(), 0);
      if (got >= 0) {
        octets.resize(static_cast<std::size_t>(got));
        return octets;
      }
      if (errno == EAGAIN) {
        RETURN_IF_ERROR(Wait(POLLIN));
      } else if (errno != EINTR) {
        return Failed(server_, "recv", errno);
      }
    }
  }

  // Exactly that many octets of a stream.
  Result<Bytes> ReceiveAll(std::size_t size) {
    Bytes octets;
    while (octets.size() < size) {
      ASSIGN_OR_RETURN(const Bytes more, Receive(size - octets.size()));
      if (more.empty()) return Unavailable(server_, "closed the connection without an answer");
      octets.insert(octets.end(), more.begin(), more.end());
    }
    return octets;
  }

 private:
  Result<void> Wait(short event) {
    pollfd poll = {.fd = fd_.get(), .events = event, .revents = 0};
    while (true) {
      const auto left = std::chrono::ceil<milliseconds>(deadline_ - clock_.Tick());
      if (left.count() <= 0) return Unavailable(server_, "did not answer in time");
      const int ready =
          ::poll(&poll, 1, static_cast<int>(std::min(left, milliseconds{60'000}).count()));
      if (ready > 0) return {};
      if (ready < 0 && errno != EINTR) return Failed(server_, "poll", errno);
    }
  }

  const ServerAddress& server_;
  const Clock& clock_;
  const SteadyTime deadline_;
  UniqueFd fd_;
};

}  // namespace

std::uint16_t DnsExchange::NewId() {
  return static_cast<std::uint16_t>(random_.Below(std::uint64_t{1} << 16U));
}

Result<Bytes> DnsExchange::Ask(const ServerAddress& server, ByteView request, SteadyTime deadline) {
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - clock_.Tick());
  const milliseconds one_try = std::clamp(left / 4, kShortestTry, kLongestTry);
  for (int tries = 0; tries < 2 && request.size() <= kMaxUdp; ++tries) {
    auto reply = OverUdp(server, request, std::min(deadline, clock_.Tick() + one_try));
    if (!reply) continue;
    if (!IsTruncated(*reply)) return reply;
    break;
  }
  return OverTcp(server, request, deadline);
}

Result<Bytes> DnsExchange::OverUdp(const ServerAddress& server, ByteView request,
                                   SteadyTime deadline) {
  Conversation conversation(server, clock_, deadline);
  RETURN_IF_ERROR(conversation.Connect(SOCK_DGRAM));
  RETURN_IF_ERROR(conversation.Send(request));
  while (true) {
    ASSIGN_OR_RETURN(Bytes reply, conversation.Receive(65535));
    if (Answers(reply, request)) return reply;
    if (clock_.Tick() >= deadline) return Unavailable(server, "answers something else");
  }
}

Result<Bytes> DnsExchange::OverTcp(const ServerAddress& server, ByteView request,
                                   SteadyTime deadline) {
  Conversation conversation(server, clock_, deadline);
  RETURN_IF_ERROR(conversation.Connect(SOCK_STREAM));
  // RFC 1035 §4.2.2: two octets of length in front.
  Bytes framed = {static_cast<std::uint8_t>(request.size() >> 8U),
                  static_cast<std::uint8_t>(request.size() & 0xFFU)};
  framed.insert(framed.end(), request.begin(), request.end());
  RETURN_IF_ERROR(conversation.Send(framed));
  ASSIGN_OR_RETURN(const Bytes length, conversation.ReceiveAll(2));
  ASSIGN_OR_RETURN(Bytes reply,
                   conversation.ReceiveAll((std::size_t{length[0]} << 8U) | length[1]));
  if (!Answers(reply, request)) return Unavailable(server, "answers something else");
  return reply;
}

}  // namespace certbroker::acme
