#include "agent/identity_status.h"

#include <fmt/format.h>

#include "client/time_text.h"

namespace certbroker::agent {
namespace {

std::string ProblemOf(const HostIdentity& identity, Time now) {
  const std::string name = identity.spiffe_id.substr(identity.spiffe_id.rfind('/') + 1);
  if (now >= identity.expire_time) {
    return fmt::format(
        "the identity expired at {}. The next command renews it while the service's grace period "
        "lasts; after that an operator runs 'certbroker tokens create --agent {}', and this host "
        "'certbroker-agent join --replace' with that token",
        client::TimeText(identity.expire_time), name);
  }
  if (now < identity.not_before) {
    return fmt::format(
        "the identity is valid from {} on, and this host's clock says {}: set it (chrony, "
        "systemd-timesyncd)",
        client::TimeText(identity.not_before), client::TimeText(now));
  }
  if (now >= identity.renew_time) {
    return fmt::format(
        "the identity is due for renewal since {} and was not renewed: another command is using "
        "it, or see the warning; it ends at {}",
        client::TimeText(identity.renew_time), client::TimeText(identity.expire_time));
  }
  return {};
}

}  // namespace

IdentityStatus ReadIdentityStatus(const IdentityStore& store, Time now) {
  auto identity = store.Load();
  if (!identity) return {.identity = {}, .problem = identity.error().detail()};
  if (!*identity) return {};
  std::string problem = ProblemOf(**identity, now);
  return {.identity = *std::move(identity), .problem = std::move(problem)};
}

std::string IdentityText(const IdentityStatus& status) {
  std::string text;
  if (!status.problem.empty()) text += fmt::format("problem: {}\n", status.problem);
  if (status.identity) {
    text += fmt::format("{}: expires at {}, is renewed from {} on\n", status.identity->spiffe_id,
                        client::TimeText(status.identity->expire_time),
                        client::TimeText(status.identity->renew_time));
  }
  return text;
}

nlohmann::ordered_json IdentityJson(const IdentityStatus& status) {
  if (!status.identity && status.problem.empty()) return nullptr;
  const HostIdentity identity = status.identity.value_or(HostIdentity());
  const auto time = [&](Time at) {
    return status.identity ? nlohmann::ordered_json(client::TimeText(at))
                           : nlohmann::ordered_json();
  };
  return {{"spiffe_id", identity.spiffe_id},
          {"expire_time", time(identity.expire_time)},
          {"renew_time", time(identity.renew_time)},
          {"addresses", identity.addresses},
          {"problem", status.problem}};
}

}  // namespace certbroker::agent
