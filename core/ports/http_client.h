// core/ports/http_client.h: one HTTPS exchange with a CA.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/https_url.h"
#include "core/result.h"
#include "core/unique_function.h"

namespace certbroker {

enum class HttpMethod { kGet, kHead, kPost };

struct HttpRequest {
  HttpMethod method = HttpMethod::kGet;
  HttpsUrl url;
  std::string body;
  std::string content_type;
  std::string accept;  // empty: none sent
  std::chrono::milliseconds timeout{30'000};
  std::size_t max_body_bytes = std::size_t{256} * 1024;
};

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>>
      headers;  // names in lower case, in order of arrival
  std::string body;

  // The first header of that lower-case name.
  std::optional<std::string_view> Header(std::string_view name) const;
};

// Thread-safe.
class HttpClient {
 public:
  using Done = UniqueFunction<void(Result<HttpResponse>)>;

  virtual ~HttpClient() = default;

  // Sends and returns at once. `done` runs exactly once, on the client's own thread: it must not
  // block. Any HTTP status is a success here; redirects are not followed.
  //
  // Errors: kCaUnavailable (certainly not acted upon: no address, refused, TLS failed) ·
  // kOutcomeUnknown (it may have arrived: timeout or cut after sending) · kCaBadAnswer (over a size
  // bound) · kShuttingDown.
  virtual void Send(HttpRequest request, Done done) = 0;
};

}  // namespace certbroker
