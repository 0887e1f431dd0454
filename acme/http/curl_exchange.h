// acme/http/curl_exchange.h: one request and its answer on one curl easy handle: what is asked of
// curl, the bounds while the answer arrives, and what the outcome means.
//
// A POST is never repeated by itself. curl silently repeats a request when a connection that it
// reuses dies before an answer (curl#18417), which would place an order twice; to do that it has to
// rewind the body. So the body comes from a callback that cannot be rewound: once its first octet
// was handed over, curl gives up with an error instead. That octet is also the line between "not
// sent" and "may have arrived": without its body no signed request can be acted upon. Connections
// stay reusable; the other cure, a fresh connection per POST, costs two round trips and a handshake
// each.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>

#include <curl/curl.h>

#include "acme/http/curl_client.h"
#include "core/ports/http_client.h"

namespace certbroker::acme {

// Used by one thread. Not movable: curl holds its address.
class CurlExchange {
 public:
  CurlExchange(const CurlClientOptions& options, HttpRequest request, HttpClient::Done done);
  CurlExchange(const CurlExchange&) = delete;
  CurlExchange& operator=(const CurlExchange&) = delete;

  CURL* handle() const { return handle_.get(); }

  // What came of it. The handle must have left its multi handle.
  Result<HttpResponse> Outcome(CURLcode code);
  // Runs `done`, once.
  void Finish(Result<HttpResponse> outcome) { done_(std::move(outcome)); }

 private:
  struct EasyCleanup {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };
  struct ListFree {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  void SetCommonOptions();
  void SetTlsOptions();
  void SetBounds();
  void SetRequest();
  void AddHeader(const std::string& line);

  static std::size_t OnHeader(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t OnBody(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t OnRead(char* out, std::size_t size, std::size_t count, void* self);
  static int OnRewind(void* self, curl_off_t offset, int origin);

  bool TakeHeader(std::string_view line);
  bool IsWhole() const;
  bool MayHaveArrived() const;
  Error Failure(CURLcode code) const;

  const CurlClientOptions& options_;
  const HttpRequest request_;
  HttpClient::Done done_;
  std::unique_ptr<CURL, EasyCleanup> handle_;
  std::unique_ptr<curl_slist, ListFree> headers_;
  std::array<char, CURL_ERROR_SIZE> trouble_{};

  HttpResponse response_;
  std::size_t header_bytes_ = 0;
  bool headers_ended_ = false;  // the empty line after them has come
  std::size_t body_sent_ = 0;   // octets of the request's body that curl has taken
  std::string_view over_;       // the bound that the answer broke, if any
};

}  // namespace certbroker::acme
