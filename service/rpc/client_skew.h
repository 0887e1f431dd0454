// service/rpc/client_skew.h: clients whose clock or version is too far from ours.
#pragma once

#include <chrono>
#include <string_view>

#include <grpcpp/server_context.h>

#include "core/result.h"
#include "core/time.h"

namespace certbroker::rpc {

// What clients of ours send with every call; others may leave them out.
inline constexpr std::string_view kClientTimeKey = "certbroker-client-time";        // ms since 1970
inline constexpr std::string_view kClientVersionKey = "certbroker-client-version";  // "0.1.0"

inline constexpr std::chrono::minutes kMostSkew{10};

// kClockSkew: more than kMostSkew away from `now`. kVersionSkew: another major version, a newer
// minor one than ours (upgrade the service first), or one more than one minor version behind.
// kInvalidArgument: not of that form.
Result<void> CheckSkew(const grpc::ServerContextBase& context, Time now);

// The same for the values alone; empty: not sent.
Result<void> CheckClientTime(std::string_view sent, Time now);
Result<void> CheckClientVersion(std::string_view sent, std::string_view ours);

}  // namespace certbroker::rpc
