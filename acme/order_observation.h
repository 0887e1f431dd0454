// acme/order_observation.h: what came back from an effect of the order machine, understood.
#pragma once

#include <chrono>
#include <optional>
#include <variant>

#include "acme/messages.h"
#include "core/https_url.h"

namespace certbroker::acme {

struct OrderSeen {
  OrderMessage message;
  std::optional<HttpsUrl> location;  // of newOrder's answer
  std::optional<std::chrono::milliseconds> retry_after;
};
struct AuthorizationSeen {
  AuthorizationMessage message;
  std::optional<std::chrono::milliseconds> retry_after;
};
struct ChallengeAccepted {};    // the CA will look
struct CertificateAccepted {};  // downloaded, and it is the one that was ordered

using Observation =
    std::variant<OrderSeen, AuthorizationSeen, ChallengeAccepted, CertificateAccepted>;

}  // namespace certbroker::acme
