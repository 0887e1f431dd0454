// cli/join_token_text.h: join tokens for people, and the one that was just made for scripts.
#pragma once

#include <string>
#include <string_view>

#include "certbroker/v1/agent_admin.pb.h"
#include "core/result.h"
#include "core/time.h"

namespace certbroker::cli {

// A table; what to do when it would be empty.
std::string JoinTokensText(const v1::ListJoinTokensResponse& list, Time now);

// Agent, expiry and addresses: around the line to paste, without its secret.
std::string JoinFactsText(const v1::CreateJoinTokenResponse& created, Time now);
// "certbroker-agent join CBJ1.…" and a newline. `line` as client/join_token.h composes it.
std::string JoinCommandText(std::string_view line);
// {"join_token": {…}, "token": "CBJ1.…"}. Errors: as client::ToJson.
Result<std::string> JoinTokenJson(const v1::JoinToken& token, std::string_view line);

}  // namespace certbroker::cli
