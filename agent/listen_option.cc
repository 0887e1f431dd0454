#include "agent/listen_option.h"

namespace certbroker::agent {
namespace {

constexpr inbound::ListenOption kTlsListen{
    .name = "--tls-listen",
    .port = 443,
    .when_in_use = "let it pass on what offers acme-tls/1, or stop it for the while"};
constexpr inbound::ListenOption kHttpListen{
    .name = "--http-listen",
    .port = 80,
    .when_in_use = "use --webroot with it, or stop it for the while"};

}  // namespace

Result<inbound::ListenSocket> Listen(std::string_view address, ChallengeType type) {
  return inbound::Listen(address, type == ChallengeType::kTlsAlpn01 ? kTlsListen : kHttpListen);
}

}  // namespace certbroker::agent
