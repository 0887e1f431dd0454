#include "cli/when.h"

#include <chrono>

#include <fmt/format.h>

#include "client/time_text.h"

namespace certbroker::cli {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// A unit is used from where its number says more than the smaller one's.
std::string Length(seconds length) {
  if (length < minutes{1}) return fmt::format("{} s", length.count());
  if (length < hours{1}) return fmt::format("{} min", length / minutes{1});
  if (length < hours{48}) return fmt::format("{} h", length / hours{1});
  return fmt::format("{} d", length / hours{24});
}

}  // namespace

std::string RelativeText(Time time, Time now) {
  const auto ahead = std::chrono::duration_cast<seconds>(time - now);
  if (ahead == seconds{0}) return "now";
  return ahead > seconds{0} ? fmt::format("in {}", Length(ahead))
                            : fmt::format("{} ago", Length(-ahead));
}

std::string When(const google::protobuf::Timestamp& time, Time now) {
  return fmt::format("{} ({})", client::TimeText(time), RelativeText(client::ToTime(time), now));
}

}  // namespace certbroker::cli
