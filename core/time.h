// core/time.h: points in time as certbroker stores and prints them.
//
// `Time` is UTC with microseconds, which is what Postgres keeps, so that a value read back equals
// the value written.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace certbroker {

using Time = std::chrono::sys_time<std::chrono::microseconds>;

// "2026-11-21T07:30:00Z", with ".250000" before the Z when there are microseconds.
std::string FormatRfc3339(Time time);

// RFC 3339 §5.6 with any offset and up to nine fraction digits (more than six are cut). Leap second
// 60 is read as 59.
std::optional<Time> ParseRfc3339(std::string_view text);

// The three forms of RFC 9110 §5.6.7: IMF-fixdate, and the obsolete RFC 850 and asctime forms that
// a recipient must accept. A two-digit year is taken as the one nearest to `now`, at most 50 years
// ahead.
std::optional<Time> ParseHttpDate(std::string_view text, Time now);

}  // namespace certbroker
