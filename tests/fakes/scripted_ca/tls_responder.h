// tests/fakes/scripted_ca/tls_responder.h: a server of a test that answers tls-alpn-01 (RFC 8737
// §3), rightly or not.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <openssl/ssl.h>

#include "core/bytes.h"
#include "core/mutex.h"

namespace certbroker::scripted_ca {

// What it shows.
struct TlsAnswer {
  std::string protocol = "acme-tls/1";  // empty: it has never heard of ALPN
  // In OpenSSL's words, "DNS:a.example.com" or "IP:192.0.2.7"; empty: no subjectAltName.
  std::string names = {};
  std::string oid = "1.3.6.1.5.5.7.1.31";  // of the extension; empty: none
  bool critical = true;
  Bytes digest = {};
};

// Thread-safe. One connection after the other, on loopback.
class TlsResponder {
 public:
  TlsResponder();
  ~TlsResponder();
  TlsResponder(const TlsResponder&) = delete;
  TlsResponder& operator=(const TlsResponder&) = delete;

  void Show(const TlsAnswer& answer) EXCLUDES(mutex_);
  std::uint16_t port() const { return port_; }
  // The server names that clients sent.
  std::vector<std::string> server_names() const EXCLUDES(mutex_);

 private:
  void Run() EXCLUDES(mutex_);
  static int OnServerName(SSL* ssl, int* alert, void* self);

  int fd_ = -1;
  std::uint16_t port_ = 0;
  mutable Mutex mutex_;
  std::shared_ptr<SSL_CTX> context_ GUARDED_BY(mutex_);
  std::vector<std::string> server_names_ GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace certbroker::scripted_ca
