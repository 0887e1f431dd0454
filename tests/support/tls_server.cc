#include "tests/support/tls_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>

#include <fmt/format.h>
#include <openssl/ssl.h>

#include "core/check.h"
#include "tests/support/test_certificates.h"

namespace certbroker {
namespace {

int Listen(int& port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  CERTBROKER_CHECK(fd >= 0 && bind(fd, generic, size) == 0 && listen(fd, 128) == 0 &&
                   getsockname(fd, generic, &size) == 0);
  port = ntohs(address.sin_port);
  return fd;
}

std::shared_ptr<SSL_CTX> MakeContext(const TlsServer::Options& options,
                                     const TestCertificate& leaf) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  CERTBROKER_CHECK(SSL_CTX_use_certificate(context.get(), leaf.certificate.get()) == 1);
  CERTBROKER_CHECK(SSL_CTX_use_PrivateKey(context.get(), leaf.key.get()) == 1);
  if (options.at_most_tls11) {
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
  }
  return context;
}

TestCertificate MakeLeaf(TlsServer::Certificate kind, const TestCertificate& ca) {
  switch (kind) {
    case TlsServer::Certificate::kGood:
      return MakeTestLeaf(&ca);
    case TlsServer::Certificate::kWrongName:
      return MakeTestLeaf(&ca, {.subject_alt_name = "DNS:other.example"});
    case TlsServer::Certificate::kExpired:
      return MakeTestLeaf(&ca, {.expired = true});
    case TlsServer::Certificate::kSelfSigned:
      return MakeTestLeaf(nullptr);
  }
  CERTBROKER_CHECK(false);
}

std::string WriteTemporary(const std::string& text) {
  std::string path = "/tmp/certbroker-test-ca-XXXXXX";
  const int fd = mkstemp(path.data());
  CERTBROKER_CHECK(fd >= 0);
  close(fd);
  std::ofstream(path) << text;
  return path;
}

// A client that went away must not end the test program.
void BlockSigpipe() {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
}

std::size_t ContentLength(std::string_view head) {
  std::string lower(head);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::string_view kName = "\r\ncontent-length:";
  const std::size_t at = lower.find(kName);
  if (at == std::string::npos) return 0;
  return std::strtoul(lower.c_str() + at + kName.size(), nullptr, 10);
}

}  // namespace

class TlsServer::Socket final : public TlsServer::Connection {
 public:
  Socket(TlsServer& server, int fd, int index) : server_(server), fd_(fd), index_(index) {
    if (!server.options_.tls) return;
    ssl_ = {SSL_new(static_cast<SSL_CTX*>(server.context_.get())), &SSL_free};
    SSL_set_fd(ssl_.get(), fd);
  }

  bool Handshake() { return ssl_ == nullptr || SSL_accept(ssl_.get()) == 1; }

  std::optional<std::string> ReadRequest() override {
    std::size_t head = std::string::npos;
    while ((head = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!ReadMore()) return std::nullopt;
    }
    const std::size_t whole = head + 4 + ContentLength(buffer_.substr(0, head + 2));
    while (buffer_.size() < whole) {
      if (!ReadMore()) return std::nullopt;
    }
    std::string request = buffer_.substr(0, whole);
    buffer_.erase(0, whole);
    MutexLock lock(server_.mutex_);
    server_.requests_.push_back(request);
    return request;
  }

  bool Write(std::string_view text) override {
    while (!text.empty()) {
      const auto sent = ssl_ ? SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size()))
                             : static_cast<int>(send(fd_, text.data(), text.size(), MSG_NOSIGNAL));
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  bool Wait(std::chrono::milliseconds at_most) override {
    return Poll(POLLIN | POLLRDHUP, at_most);
  }

  bool WaitUntilGone(std::chrono::milliseconds at_most) override {
    return Poll(POLLRDHUP, at_most);
  }

  int index() const override { return index_; }

 private:
  bool Poll(short events, std::chrono::milliseconds at_most) const {
    pollfd waited{.fd = fd_, .events = events, .revents = 0};
    return poll(&waited, 1, static_cast<int>(at_most.count())) > 0;
  }

  bool ReadMore() {
    std::array<char, 4096> chunk{};
    const int size = static_cast<int>(chunk.size());
    const auto got = ssl_ ? SSL_read(ssl_.get(), chunk.data(), size)
                          : static_cast<int>(recv(fd_, chunk.data(), chunk.size(), 0));
    if (got <= 0) return false;
    buffer_.append(chunk.data(), static_cast<std::size_t>(got));
    return true;
  }

  TlsServer& server_;
  const int fd_;
  const int index_;
  std::shared_ptr<SSL> ssl_;
  std::string buffer_;
};

TlsServer::TlsServer(Options options, Script script)
    : options_(options), script_(std::move(script)) {
  const TestCertificate ca = MakeTestCa();
  context_ = MakeContext(options_, MakeLeaf(options_.certificate, ca));
  ca_file_ = WriteTemporary(ca.ToPem());
  listener_ = Listen(port_);
  acceptor_ = std::thread([this] { Accept(); });
}

TlsServer::~TlsServer() {
  shutdown(listener_, SHUT_RDWR);
  std::vector<std::thread> workers;
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  acceptor_.join();
  {
    MutexLock lock(mutex_);
    workers.swap(workers_);
  }
  for (std::thread& worker : workers) worker.join();
  close(listener_);
  unlink(ca_file_.c_str());
}

void TlsServer::Accept() {
  for (;;) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    // As servers do; otherwise the first answer waits for the client's delayed ACK, 40 ms.
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    const int index = connections_++;
    MutexLock lock(mutex_);
    if (stopping_) {
      close(fd);
      return;
    }
    open_.push_back(fd);
    workers_.emplace_back([this, fd, index] { Serve(fd, index); });
  }
}

void TlsServer::Serve(int fd, int index) {
  BlockSigpipe();
  Socket socket(*this, fd, index);
  if (!options_.handshake || socket.Handshake()) script_(socket);
  MutexLock lock(mutex_);
  close(fd);
  std::erase(open_, fd);
}

std::size_t TlsServer::open_connections() const {
  MutexLock lock(mutex_);
  return open_.size();
}

HttpsUrl TlsServer::Url(std::string_view path) const {
  auto url = HttpsUrl::Parse(fmt::format("https://127.0.0.1:{}{}", port_, path));
  CERTBROKER_CHECK(url.has_value());
  return *std::move(url);
}

std::vector<std::string> TlsServer::requests() const {
  MutexLock lock(mutex_);
  return requests_;
}

std::string HttpAnswer(int status, std::string_view body,
                       const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string answer = fmt::format("HTTP/1.1 {} X\r\nContent-Length: {}\r\n", status, body.size());
  for (const auto& [name, value] : fields) answer += fmt::format("{}: {}\r\n", name, value);
  return fmt::format("{}\r\n{}", answer, body);
}

TlsServer::Script Always(std::string answer) {
  return [answer = std::move(answer)](TlsServer::Connection& connection) {
    while (connection.ReadRequest() && connection.Write(answer)) {
    }
  };
}

}  // namespace certbroker
