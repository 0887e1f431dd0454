#include "client/time_text.h"

#include <chrono>

namespace certbroker::client {

Time ToTime(const google::protobuf::Timestamp& timestamp) {
  return Time{std::chrono::seconds{timestamp.seconds()} +
              std::chrono::microseconds{timestamp.nanos() / 1000}};
}

std::string TimeText(Time time) {
  return FormatRfc3339(std::chrono::floor<std::chrono::seconds>(time));
}

std::string TimeText(const google::protobuf::Timestamp& timestamp) {
  return TimeText(ToTime(timestamp));
}

std::string ClockText(Time time) {
  const std::string text = TimeText(time);
  return text.substr(text.find('T') + 1, 8);
}

}  // namespace certbroker::client
