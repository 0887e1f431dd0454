// service/policy/agent_uri.h: which URIs can name an agent.
#pragma once

#include <string>
#include <string_view>

namespace certbroker::policy {

// What is wrong with `text` as an agent's identity, for people; empty: nothing.
//
// A SPIFFE ID with a path (SPIFFE-ID §2), byte for byte: "spiffe://", a trust domain of
// [a-z0-9._-], 1 to 255 octets, and one or more path segments of [A-Za-z0-9._-], none empty, "." or
// ".."; at most 2048 octets. So no port, user, query, fragment, percent-encoding, trailing slash or
// upper-case scheme. Nothing is decoded or normalised: two spellings of one identity are two
// identities, and the second is refused here (T7).
std::string AgentUriProblem(std::string_view text);

}  // namespace certbroker::policy
