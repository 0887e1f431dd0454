// cli/resource_name.h: resource names (AIP-122) as people type them.
#pragma once

#include <string>
#include <string_view>

namespace certbroker::cli {

inline constexpr std::string_view kOrders = "orders/";
inline constexpr std::string_view kCertificates = "certificates/";
inline constexpr std::string_view kIssuers = "issuers/";
inline constexpr std::string_view kAgents = "agents/";
inline constexpr std::string_view kJoinTokens = "joinTokens/";
inline constexpr std::string_view kAgentCas = "agentCas/";

// "orders/X" for "X" and for "orders/X". Whether X is one is for the service to say.
std::string WithCollection(std::string_view collection, std::string_view typed);
// "X" for "orders/X"; anything else as it is.
std::string IdOf(std::string_view collection, std::string_view name);

}  // namespace certbroker::cli
