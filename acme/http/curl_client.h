// acme/http/curl_client.h: HttpClient over libcurl: one loop thread for any number of exchanges.
//
// A CA is asked over HTTP/2 where it offers it, on few kept-alive connections, with TLS 1.2 or
// newer and its certificate verified to the name. Nothing in the process' environment changes that:
// no proxy, no .netrc, no cookies, no redirects, no other scheme, no compression.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "core/ports/http_client.h"

namespace certbroker::acme {

struct CurlClientOptions {
  std::string ca_file;     // PEM bundle to trust instead of the system's; empty: the system's
  std::string user_agent;  // RFC 8555 §6.1: sent with every request
  long max_connections = 8;
  std::size_t max_header_bytes = std::size_t{32} * 1024;  // of one answer, 1xx included
  // Slower than `low_speed_bytes` per second for `low_speed_time` ends the exchange.
  long low_speed_bytes = 64;
  std::chrono::seconds low_speed_time{20};
};

// Thread-safe. What may have arrived is kOutcomeUnknown for a POST only: a GET or HEAD changes
// nothing at the CA, so it is kCaUnavailable and may be repeated. A request that ends with
// kShuttingDown may have arrived as well.
//
// `done` runs on the loop thread; from inside it Send may be called, the destructor
// may not.
class CurlClient final : public HttpClient {
 public:
  explicit CurlClient(CurlClientOptions options);
  // Ends everything pending with kShuttingDown and joins the thread.
  ~CurlClient() override;
  CurlClient(const CurlClient&) = delete;
  CurlClient& operator=(const CurlClient&) = delete;

  void Send(HttpRequest request, Done done) override;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace certbroker::acme
