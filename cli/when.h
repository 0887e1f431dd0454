// cli/when.h: points in time as an operator wants them: exact, and how long that is from now.
#pragma once

#include <string>

#include "core/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace certbroker::cli {

// "in 89 d", "3 min ago", "now" (less than a second). Units s, min, h, d; rounded towards now.
std::string RelativeText(Time time, Time now);

// "2026-11-21T07:30:00Z (3 min ago)".
std::string When(const google::protobuf::Timestamp& time, Time now);

}  // namespace certbroker::cli
