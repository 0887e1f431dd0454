// client/time_text.h: points in time of messages, for people: RFC 3339, UTC.
#pragma once

#include <string>

#include "core/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace certbroker::client {

Time ToTime(const google::protobuf::Timestamp& timestamp);  // whole microseconds

// "2026-11-21T07:30:00Z", to the second.
std::string TimeText(Time time);
std::string TimeText(const google::protobuf::Timestamp& timestamp);
// "07:30:00", for progress lines, where the date goes without saying. UTC.
std::string ClockText(Time time);

}  // namespace certbroker::client
