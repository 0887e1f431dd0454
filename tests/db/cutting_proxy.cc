#include "tests/db/cutting_proxy.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "core/check.h"

namespace certbroker::db {
namespace {

using namespace std::string_view_literals;

// The simple query "COMMIT" (PostgreSQL, 55.7 Message Formats).
constexpr std::string_view kCommit =
    "Q\0\0\0\x0b"
    "COMMIT\0"sv;

sockaddr_un AddressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  CERTBROKER_CHECK(path.size() < sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  return address;
}

int ListenAt(const std::string& path) {
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = AddressOf(path);
  CERTBROKER_CHECK(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
                   0);
  CERTBROKER_CHECK(listen(listener, 64) == 0);
  return listener;
}

int ConnectTo(const std::string& path) {
  const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = AddressOf(path);
  if (connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return server;
  }
  close(server);
  return -1;
}

bool SendAll(int to, std::string_view octets) {
  while (!octets.empty()) {
    const ssize_t sent = send(to, octets.data(), octets.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    octets.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// Empty: the connection has ended.
std::string Receive(int from) {
  std::array<char, 65536> buffer{};
  const ssize_t received = recv(from, buffer.data(), buffer.size(), 0);
  return received <= 0 ? std::string()
                       : std::string(buffer.data(), static_cast<std::size_t>(received));
}

}  // namespace

CuttingProxy::CuttingProxy(std::string server_socket)
    : server_socket_(std::move(server_socket)),
      stop_event_(eventfd(0, EFD_CLOEXEC)),
      listener_(ListenAt(directory_.path() + "/.s.PGSQL.5432")),
      acceptor_([this] { Accept(); }) {}

CuttingProxy::~CuttingProxy() {
  const std::uint64_t one = 1;
  CERTBROKER_CHECK(write(stop_event_, &one, sizeof one) == sizeof one);
  acceptor_.join();
  {
    const MutexLock lock(mutex_);
    carriers_.clear();  // joins
  }
  close(listener_);
  close(stop_event_);
}

bool CuttingProxy::WaitFor(int first, int second, bool* first_ready, bool* second_ready) const {
  pollfd descriptors[] = {{.fd = stop_event_, .events = POLLIN, .revents = 0},
                          {.fd = first, .events = POLLIN, .revents = 0},
                          {.fd = second, .events = POLLIN, .revents = 0}};
  poll(descriptors, 3, -1);
  *first_ready = descriptors[1].revents != 0;
  *second_ready = descriptors[2].revents != 0;
  return descriptors[0].revents == 0;
}

void CuttingProxy::Accept() {
  bool ready = false;
  bool ignored = false;
  while (WaitFor(listener_, -1, &ready, &ignored)) {
    const int client = ready ? accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC) : -1;
    if (client < 0) continue;
    const MutexLock lock(mutex_);
    carriers_.emplace_back([this, client] { Carry(client); });
  }
}

void CuttingProxy::Carry(int client) {
  const int server = refusing_ ? -1 : ConnectTo(server_socket_);
  bool client_ready = false;
  bool server_ready = false;
  bool goes_on = server >= 0;
  while (goes_on && WaitFor(client, server, &client_ready, &server_ready)) {
    if (server_ready) goes_on = FromServer(client, server);
    if (goes_on && client_ready) goes_on = FromClient(client, server);
  }
  close(client);
  if (server >= 0) close(server);
}

bool CuttingProxy::FromServer(int client, int server) {
  const std::string octets = Receive(server);
  return !octets.empty() && SendAll(client, octets);
}

bool CuttingProxy::FromClient(int client, int server) {
  const std::string octets = Receive(client);
  if (octets.empty()) return false;
  const bool commit = octets.find(kCommit) != std::string::npos;
  const Cut cut = commit ? cut_next_.exchange(Cut::kNothing) : Cut::kNothing;
  if (cut != Cut::kNothing) ++cuts_;
  if (cut == Cut::kBeforeTheServer) return false;
  if (!SendAll(server, octets)) return false;
  if (cut == Cut::kNothing) return true;
  Receive(server);  // the answer: it is stored
  return false;
}

}  // namespace certbroker::db
