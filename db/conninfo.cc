#include "db/conninfo.h"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/bytes.h"

namespace certbroker::db {
namespace {

struct Setting {
  std::string_view key;
  std::string value;
};

std::vector<Setting> Wanted(const SessionLimits& limits) {
  return {
      {"application_name", "certbroker"},
      {"connect_timeout", "3"},
      {"client_encoding", "UTF8"},
      {"gssencmode", "disable"},
      // Reads and writes on a standby would be reads of the past (reliability 1.11).
      {"target_session_attrs", "read-write"},
      {"keepalives_idle", "10"},
      {"keepalives_interval", "5"},
      {"keepalives_count", "3"},
      {"tcp_user_timeout", "10000"},
      {"options",
       fmt::format("-c statement_timeout={} -c lock_timeout={} "
                   "-c idle_in_transaction_session_timeout={} -c TimeZone=UTC -c DateStyle=ISO "
                   "-c search_path=public -c synchronous_commit=on",
                   limits.statement.count(), limits.lock.count(),
                   limits.idle_in_transaction.count())},
  };
}

bool IsUri(std::string_view conninfo) {
  return conninfo.starts_with("postgresql://") || conninfo.starts_with("postgres://");
}

// RFC 3986 §2.1, for everything that is not unreserved.
std::string PercentEncoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    out += unreserved ? std::string(1, c) : "%" + Hex(AsBytes(std::string_view(&c, 1)));
  }
  return out;
}

}  // namespace

std::string CompleteConninfo(std::string_view conninfo, const SessionLimits& limits) {
  // Of a key that stands twice libpq takes the last one: ours go in front, or are left out.
  if (!IsUri(conninfo)) {
    std::string text;
    for (const auto& [key, value] : Wanted(limits)) text += fmt::format("{}='{}' ", key, value);
    return text.append(conninfo);
  }
  std::string text(conninfo);
  char separator = text.find('?') == std::string::npos ? '?' : '&';
  for (const auto& [key, value] : Wanted(limits)) {
    if (conninfo.find(fmt::format("{}=", key)) != std::string_view::npos) continue;
    text += fmt::format("{}{}={}", separator, key, PercentEncoded(value));
    separator = '&';
  }
  return text;
}

}  // namespace certbroker::db
