// service/dev/https_get.h: one GET from a server on this machine. The broker's own HTTP client is
// not this: it lives in acme/http.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include "core/result.h"

namespace certbroker::dev {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

// The answer to a TLS 1.2 or 1.3 request to localhost:`port` whose certificate ends in `roots`
// (PEM). Blocks up to `limit`. kCaUnavailable when nobody answers properly.
Result<HttpAnswer> HttpsGet(std::uint16_t port, const std::string& path,
                            const std::filesystem::path& roots, std::chrono::milliseconds limit);

// Status and body of an HTTP/1.0 answer that ended with the connection. kCaBadAnswer when it is
// none.
Result<HttpAnswer> ParseHttpAnswer(std::string_view text);

}  // namespace certbroker::dev
