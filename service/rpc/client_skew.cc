#include "service/rpc/client_skew.h"

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "core/error.h"
#include "core/version.h"

namespace certbroker::rpc {
namespace {

// Beyond it, Time would overflow: the year 9999.
constexpr std::int64_t kLastMillisecond = 253'402'300'799'999;

struct MajorMinor {
  int major = 0;
  int minor = 0;
};

std::optional<MajorMinor> ParseVersion(std::string_view text) {
  MajorMinor version;
  const char* const end = text.data() + text.size();
  const auto major = std::from_chars(text.data(), end, version.major);
  if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.') return std::nullopt;
  const auto minor = std::from_chars(major.ptr + 1, end, version.minor);
  if (minor.ec != std::errc() || version.major < 0 || version.minor < 0) return std::nullopt;
  if (minor.ptr != end && *minor.ptr != '.') return std::nullopt;
  return version;
}

std::string_view Sent(const grpc::ServerContextBase& context, std::string_view key) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(grpc::string_ref(key.data(), key.size()));
  if (found == metadata.end()) return {};
  return {found->second.data(), found->second.size()};
}

Error NotOfTheForm(std::string_view key, std::string_view sent) {
  return {Reason::kInvalidArgument,
          fmt::format("the metadata {} is \"{}\", which cannot be read", key, Printable(sent, 40))};
}

}  // namespace

Result<void> CheckClientTime(std::string_view sent, Time now) {
  if (sent.empty()) return {};
  std::int64_t milliseconds = 0;
  const char* const end = sent.data() + sent.size();
  const auto [rest, code] = std::from_chars(sent.data(), end, milliseconds);
  if (code != std::errc() || rest != end || milliseconds < 0 || milliseconds > kLastMillisecond) {
    return NotOfTheForm(kClientTimeKey, sent);
  }
  const Time theirs{std::chrono::milliseconds{milliseconds}};
  if (std::chrono::abs(theirs - now) <= kMostSkew) return {};
  return Error(
      Reason::kClockSkew,
      fmt::format("this host's clock says {}, the service's {}: more than {} minutes "
                  "apart. Set the clock (chrony, systemd-timesyncd) and try again",
                  FormatRfc3339(std::chrono::floor<std::chrono::seconds>(theirs)),
                  FormatRfc3339(std::chrono::floor<std::chrono::seconds>(now)), kMostSkew.count()));
}

Result<void> CheckClientVersion(std::string_view sent, std::string_view ours) {
  if (sent.empty()) return {};
  const auto theirs = ParseVersion(sent);
  if (!theirs) return NotOfTheForm(kClientVersionKey, sent);
  const auto own = ParseVersion(ours).value_or(MajorMinor{});
  const auto refuse = [&](std::string_view what) {
    return Error(Reason::kVersionSkew, fmt::format("the client is version {}, the service {}: {}",
                                                   Printable(sent, 40), ours, what));
  };
  if (theirs->major > own.major || (theirs->major == own.major && theirs->minor > own.minor)) {
    return refuse("upgrade the service first");
  }
  if (theirs->major < own.major || theirs->minor + 1 < own.minor) {
    return refuse("upgrade the client; one minor version behind is as far as it goes");
  }
  return {};
}

Result<void> CheckSkew(const grpc::ServerContextBase& context, Time now) {
  RETURN_IF_ERROR(CheckClientVersion(Sent(context, kClientVersionKey), Version()));
  return CheckClientTime(Sent(context, kClientTimeKey), now);
}

}  // namespace certbroker::rpc
