// db/conninfo.h: how to reach the database, completed with what certbroker needs of every session.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace certbroker::db {

// Limits that the server itself keeps, per session. They travel in the connection string, because
// what SET changes is lost when a session is (reliability 1.8).
struct SessionLimits {
  std::chrono::milliseconds statement{5'000};  // zero: none
  std::chrono::milliseconds lock{2'000};
  std::chrono::milliseconds idle_in_transaction{10'000};
};

// `conninfo` is libpq's: "host=… dbname=…" or "postgresql://…". What it says itself is kept; added
// are time limits, keepalives, UTC, UTF-8, a pinned search_path, and that only a primary will do.
std::string CompleteConninfo(std::string_view conninfo, const SessionLimits& limits);

}  // namespace certbroker::db
