#include "agent/tls_challenge_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include <fmt/format.h>

#include "agent/peer_address.h"

namespace certbroker::agent {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kTlsConnectionLimit = 256;
// A CA looks from several addresses; behind a proxy, or next to a CA for tests, all of them are
// one.
constexpr std::size_t kTlsConnectionsPerAddress = 16;
constexpr int kAcceptedAtOnce = 64;  // then those that are there already have their turn
constexpr milliseconds kNoDescriptors{100};
constexpr std::size_t kFirstConnection = 2;  // in the list for poll, behind wake_ and the listener

// OpenSSL writes to sockets as to files: without this a peer that is gone would end the process.
void BlockBrokenPipes() {
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
}

}  // namespace

Result<std::unique_ptr<TlsChallengeServer>> TlsChallengeServer::Start(
    inbound::ListenSocket socket, const Clock& clock, FetchListener on_fetch,
    milliseconds connection_limit) {
  std::unique_ptr<TlsChallengeServer> server(
      new TlsChallengeServer(std::move(socket), clock, std::move(on_fetch), connection_limit));
  RETURN_IF_ERROR(server->Run());
  return server;
}

TlsChallengeServer::TlsChallengeServer(inbound::ListenSocket socket, const Clock& clock,
                                       FetchListener on_fetch, milliseconds connection_limit)
    : socket_(std::move(socket)),
      clock_(clock),
      on_fetch_(std::move(on_fetch)),
      connection_limit_(connection_limit),
      per_address_(socket_.loopback ? kTlsConnectionLimit : kTlsConnectionsPerAddress) {}

TlsChallengeServer::~TlsChallengeServer() = default;

Result<void> TlsChallengeServer::Present(const Challenge& challenge) {
  return answers_.Put(challenge, clock_.Now());
}

Result<void> TlsChallengeServer::Remove(const std::string& token) {
  answers_.Remove(token);
  return {};
}

Result<void> TlsChallengeServer::Run() {
  ASSIGN_OR_RETURN(AlpnContext context, AlpnContext::Make(answers_));
  context_ = std::make_unique<AlpnContext>(std::move(context));
  wake_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake_.valid()) {
    return Error(Reason::kInternal,
                 fmt::format("the server for tls-alpn-01 on port {} did not start", port()));
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { Serve(stop); });
  return {};
}

void TlsChallengeServer::Serve(const std::stop_token& stop) {
  BlockBrokenPipes();
  const std::stop_callback wake(stop, [this] { ::eventfd_write(wake_.get(), 1); });
  std::vector<pollfd> polled;
  while (!stop.stop_requested()) {
    Wait(polled);
    GoOn(polled);
    DropEnded();
    if (polled[1].revents != 0) Accept();
  }
  connections_.clear();
}

void TlsChallengeServer::Wait(std::vector<pollfd>& polled) {
  const SteadyTime now = ticks_.Tick();
  const bool accepting = now >= accept_again_;
  polled.clear();
  polled.push_back({.fd = wake_.get(), .events = POLLIN, .revents = 0});
  polled.push_back({.fd = accepting ? socket_.fd.get() : -1, .events = POLLIN, .revents = 0});
  for (const AlpnHandshake& one : connections_) {
    polled.push_back({.fd = one.socket(), .events = one.awaited(), .revents = 0});
  }
  int limit = -1;
  if (!connections_.empty() || !accepting) {
    SteadyTime next = accepting ? connections_.front().deadline() : accept_again_;
    if (!connections_.empty()) next = std::min(next, connections_.front().deadline());
    // Rounded up: a moment too early would be a turn for nothing.
    const auto left = std::chrono::ceil<milliseconds>(next - now);
    limit = static_cast<int>(std::max(left, milliseconds{0}).count());
  }
  ::poll(polled.data(), polled.size(), limit);
}

void TlsChallengeServer::GoOn(const std::vector<pollfd>& polled) {
  auto events = polled.begin() + kFirstConnection;
  for (AlpnHandshake& one : connections_) {
    if ((events++)->revents == 0) continue;
    one.GoOn();
    if (const auto seen = one.TakeSeen(); seen != nullptr && on_fetch_) {
      on_fetch_(seen->challenge, one.peer());
    }
  }
}

void TlsChallengeServer::DropEnded() {
  const SteadyTime now = ticks_.Tick();
  connections_.remove_if(
      [now](const AlpnHandshake& one) { return one.over() || one.deadline() <= now; });
}

void TlsChallengeServer::Accept() {
  for (int i = 0; i < kAcceptedAtOnce; ++i) {
    sockaddr_storage from{};
    socklen_t size = sizeof(from);
    auto* peer = reinterpret_cast<sockaddr*>(&from);
    UniqueFd fd(::accept4(socket_.fd.get(), peer, &size, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd.valid()) {
      if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
        accept_again_ = ticks_.Tick() + kNoDescriptors;
      }
      return;
    }
    const std::string address = AddressText(peer);
    MakeRoomFor(address);
    connections_.emplace_back(*context_, std::move(fd), address, ticks_.Tick() + connection_limit_);
  }
}

void TlsChallengeServer::MakeRoomFor(const std::string& peer) {
  const auto from_there = [&peer](const AlpnHandshake& one) { return one.peer() == peer; };
  const auto theirs = std::ranges::count_if(connections_, from_there);
  if (static_cast<std::size_t>(theirs) >= per_address_) {
    connections_.erase(std::ranges::find_if(connections_, from_there));
  } else if (connections_.size() >= kTlsConnectionLimit) {
    connections_.pop_front();
  }
}

}  // namespace certbroker::agent
