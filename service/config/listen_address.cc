#include "service/config/listen_address.h"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace certbroker::config {
namespace {

bool IsHostCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '.';
}

}  // namespace

std::string HostPortProblem(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return "it has no port";
  const std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  int port = -1;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (code != std::errc() || end != digits.data() + digits.size() || port < 0 || port > 65535) {
    return "its port is not a number from 0 to 65535";
  }
  if (host.starts_with('[') && host.ends_with(']') && host.size() > 2) {
    const bool v6 = std::ranges::all_of(host.substr(1, host.size() - 2), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') ||
             c == ':' || c == '.';
    });
    return v6 ? "" : "what stands in brackets is not an IPv6 address";
  }
  if (host.empty()) return "it has no host; 0.0.0.0 and [::] mean every address";
  const bool plain = std::ranges::all_of(host, IsHostCharacter);
  return plain ? "" : "its host is not a name or address (IPv6 stands in brackets)";
}

}  // namespace certbroker::config
