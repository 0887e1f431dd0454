#include "service/config/database_url.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "core/error.h"

namespace certbroker::config {
namespace {

constexpr std::string_view kHidden = "***";

// An allow-list, compared byte for byte: libpq decodes "p%61ssword" to "password", so a list of
// secret keys would have to decode as well, and to know the keys of libpq's next version.
bool IsHarmless(std::string_view key) {
  constexpr std::string_view kKeys[] = {"application_name",
                                        "connect_timeout",
                                        "dbname",
                                        "host",
                                        "hostaddr",
                                        "passfile",
                                        "port",
                                        "service",
                                        "sslcert",
                                        "sslkey",
                                        "sslmode",
                                        "sslrootcert",
                                        "user",
                                        "keepalives",
                                        "gssencmode",
                                        "target_session_attrs"};
  return std::ranges::find(kKeys, key) != std::end(kKeys);
}

// "key=value" with the value hidden unless the key is harmless.
std::string Parameter(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return std::string(kHidden);
  const std::string_view key = text.substr(0, equals);
  return IsHarmless(key) ? std::string(text) : fmt::format("{}={}", key, kHidden);
}

// "user:password" with the password hidden.
std::string UserInformation(std::string_view text) {
  const std::size_t end = text.find_first_of(":@");
  if (end == std::string_view::npos) return std::string(text);
  return fmt::format("{}:{}", text.substr(0, end), kHidden);
}

std::string Uri(std::string_view url) {
  const std::size_t authority_at = url.find("://") + 3;
  std::string out(url.substr(0, authority_at));
  std::string_view rest = url.substr(authority_at);
  // libpq ends the user information at the first '@'; a password with an unencoded '@' (or '?') is
  // a common mistake, so everything up to the last one is taken for it.
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    out += UserInformation(rest.substr(0, at)) + "@";
    rest.remove_prefix(at + 1);
  }
  const std::size_t query_at = std::min(rest.find('?'), rest.size());
  out += rest.substr(0, query_at);
  char separator = '?';
  for (std::string_view query = rest.substr(query_at); !query.empty(); separator = '&') {
    query.remove_prefix(1);
    const std::size_t end = std::min(query.find('&'), query.size());
    out += separator + Parameter(query.substr(0, end));
    query.remove_prefix(end);
  }
  return out;
}

bool IsSpace(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

std::size_t SkipSpaces(std::string_view text, std::size_t at) {
  while (at < text.size() && IsSpace(text[at])) ++at;
  return at;
}

// Where the value that begins at `at` ends: single quotes and backslashes as libpq reads them.
std::size_t EndOfValue(std::string_view text, std::size_t at) {
  const bool quoted = at < text.size() && text[at] == '\'';
  if (quoted) ++at;
  while (at < text.size()) {
    if (quoted && text[at] == '\'') return at + 1;
    if (!quoted && IsSpace(text[at])) break;
    at += text[at] == '\\' && at + 1 < text.size() ? 2 : 1;
  }
  return at;
}

// "key = 'value' key=value".
std::string KeywordValue(std::string_view text) {
  std::string out;
  for (std::size_t at = SkipSpaces(text, 0); at < text.size(); at = SkipSpaces(text, at)) {
    const std::size_t key_at = at;
    while (at < text.size() && text[at] != '=' && !IsSpace(text[at])) ++at;
    const std::string_view key = text.substr(key_at, at - key_at);
    at = SkipSpaces(text, at);
    if (!out.empty()) out += ' ';
    if (at >= text.size() || text[at] != '=') return out + std::string(kHidden);
    const std::size_t value_at = SkipSpaces(text, at + 1);
    at = EndOfValue(text, value_at);
    out += Parameter(fmt::format("{}={}", key, text.substr(value_at, at - value_at)));
  }
  return out;
}

}  // namespace

std::string PrintableDatabaseUrl(std::string_view url) {
  const bool is_uri = url.starts_with("postgresql://") || url.starts_with("postgres://");
  return Printable(is_uri ? Uri(url) : KeywordValue(url));
}

}  // namespace certbroker::config
