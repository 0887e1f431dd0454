// tests/support/tls_server.h: an HTTPS server on loopback that behaves as a script says, badly if
// it must.
//
//   TlsServer server({}, Always(HttpAnswer(200, "{}")));
//   client options: ca_file = server.ca_file(); request: url = server.Url("/directory")
//
// Each connection runs the script on a thread of its own; the destructor cuts them all and joins.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "core/https_url.h"
#include "core/mutex.h"

namespace certbroker {

class TlsServer {
 public:
  // Whose certificate the server shows. All but kSelfSigned are from the CA in ca_file().
  enum class Certificate { kGood, kWrongName, kExpired, kSelfSigned };
  struct Options {
    Certificate certificate = Certificate::kGood;
    bool tls = true;  // false: plain HTTP behind an https URL
    bool at_most_tls11 = false;
    bool handshake = true;  // false: accepts and says nothing
  };

  // Used by the script's thread only.
  class Connection {
   public:
    virtual ~Connection() = default;
    // One request, head and body by its Content-Length; nothing when the client is gone.
    virtual std::optional<std::string> ReadRequest() = 0;
    // False when the client is gone.
    virtual bool Write(std::string_view text) = 0;
    // Until the client closes or sends, at most so long. False when it did neither.
    virtual bool Wait(std::chrono::milliseconds at_most) = 0;
    // Until the client closes, whatever it has sent.
    virtual bool WaitUntilGone(std::chrono::milliseconds at_most) = 0;
    virtual int index() const = 0;  // 0: the first connection of this server
  };
  // At its end the connection is closed without a close_notify.
  using Script = std::function<void(Connection&)>;

  TlsServer(Options options, Script script);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  HttpsUrl Url(std::string_view path) const;  // https://127.0.0.1:PORT + path
  const std::string& ca_file() const { return ca_file_; }
  std::vector<std::string> requests() const EXCLUDES(mutex_);  // in order of arrival
  int connections() const { return connections_; }             // accepted so far
  std::size_t open_connections() const EXCLUDES(mutex_);       // and not yet closed by the script

 private:
  class Socket;

  void Accept() EXCLUDES(mutex_);
  void Serve(int fd, int index) EXCLUDES(mutex_);

  const Options options_;
  const Script script_;
  std::shared_ptr<void> context_;  // SSL_CTX
  std::string ca_file_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_{0};
  mutable Mutex mutex_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<int> open_ GUARDED_BY(mutex_);
  std::vector<std::string> requests_ GUARDED_BY(mutex_);
  std::vector<std::thread> workers_ GUARDED_BY(mutex_);
  std::thread acceptor_;
};

// "HTTP/1.1 200 X", Content-Length, the given fields, the body.
std::string HttpAnswer(int status, std::string_view body,
                       const std::vector<std::pair<std::string, std::string>>& fields = {});
// Answers every request on a connection with the same text.
TlsServer::Script Always(std::string answer);

}  // namespace certbroker
