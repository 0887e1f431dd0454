#include <algorithm>

#include "core/ports/http_client.h"

namespace certbroker {

std::optional<std::string_view> HttpResponse::Header(std::string_view name) const {
  const auto found = std::ranges::find(headers, name, &std::pair<std::string, std::string>::first);
  if (found == headers.end()) return std::nullopt;
  return found->second;
}

}  // namespace certbroker
