#include "core/https_url.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace certbroker {
namespace {

constexpr std::size_t kMaxUrl = 2048;
constexpr std::string_view kScheme = "https://";

Error Refused(std::string_view text, std::string_view why) {
  return Error(Reason::kCaBadAnswer,
               fmt::format("the URL \"{}\" is refused: {}", Printable(text, 200), why));
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool IsHostCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '[' ||
         c == ']' || c == ':';
}

// Splits "host:port" or "[v6]:port"; an absent port is 443.
Result<std::string> Origin(std::string_view text, std::string_view authority) {
  std::string host(authority);
  int port = 443;
  const std::size_t colon = authority.rfind(':');
  const bool has_port = colon != std::string_view::npos && !authority.ends_with(']');
  if (has_port) {
    host = authority.substr(0, colon);
    const std::string_view digits = authority.substr(colon + 1);
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (code != std::errc() || end != digits.data() + digits.size() || port < 1 || port > 65535) {
      return Refused(text, "its port is not a number from 1 to 65535");
    }
  }
  std::ranges::transform(host, host.begin(), Lower);
  if (host.empty() || !std::ranges::all_of(host, IsHostCharacter)) {
    return Refused(text, "its host is empty or not plain ASCII");
  }
  return fmt::format("https://{}:{}", host, port);
}

}  // namespace

Result<HttpsUrl> HttpsUrl::Parse(std::string_view text) {
  if (text.size() > kMaxUrl) return Refused(text, "it is longer than 2048 octets");
  const bool visible = std::ranges::all_of(text, [](char c) {
    return c > 0x20 && c < 0x7F && c != '"' && c != '\\' && c != '<' && c != '>';
  });
  if (!visible) return Refused(text, "it holds characters that a URL cannot");
  // RFC 8555 §6.1: "ACME clients MUST use HTTPS"; a server that hands out http:// is not obeyed.
  if (!text.starts_with(kScheme)) return Refused(text, "it does not begin with https://");
  if (text.find('#') != std::string_view::npos) return Refused(text, "it has a fragment");
  const std::string_view rest = text.substr(kScheme.size());
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  if (authority.find('@') != std::string_view::npos) return Refused(text, "it names a user");
  ASSIGN_OR_RETURN(std::string origin, Origin(text, authority));
  HttpsUrl url;
  url.text_ = text;
  url.origin_ = std::move(origin);
  return url;
}

}  // namespace certbroker
