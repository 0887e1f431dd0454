// client/join_token.h: the line that lets one agent in, as an operator pastes it:
// "CBJ1." and base64url of a JSON object (proto/certbroker/v1/agent_admin.proto).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/agent.h"
#include "core/bytes.h"
#include "core/result.h"
#include "core/secret.h"
#include "core/time.h"

namespace certbroker::client {

struct JoinLine {
  std::vector<std::string> addresses = {};  // 1 to 16, "host:port" (IPv6 in brackets), port not 0
  Bytes ca_sha256 = {};  // 32 octets: of the CA (DER) that the service's certificate ends in
  JoinTokenId id = {};
  Secret secret = {};     // 32 octets, raw
  Time expire_time = {};  // whole seconds, 1970 to 9999
};

inline constexpr std::size_t kJoinSecretOctets = 32;
inline constexpr std::size_t kLongestJoinLine = 4096;  // octets

// Without a newline. What is in it lets somebody in: it belongs on the terminal and nowhere else.
// kInvalidArgument for values that are none of a JoinLine's, or that need a longer line.
Result<Secret> ComposeJoinLine(const JoinLine& line);

// White space around it does not count. Members may stand in any order; each is there exactly once
// and nothing else is. Whether it has expired is for the service to say, whose clock counts.
// kJoinTokenInvalid; the text quotes nothing of the line.
Result<JoinLine> ParseJoinLine(std::string_view text);

}  // namespace certbroker::client
