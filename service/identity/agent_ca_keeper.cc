#include "service/identity/agent_ca_keeper.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "core/bytes.h"

namespace certbroker::identity {
namespace {

constexpr std::chrono::seconds kCaSigning{10};
constexpr std::chrono::hours kCaLifetime{24 * 365 * 5};
constexpr std::chrono::minutes kCaBackdated{10};

Result<KnownCa> Known(const AgentCa& ca) {
  ASSIGN_OR_RETURN(auto certificate, pki::Certificate::Parse(ca.certificate));
  return KnownCa{ca.id, ca.state, ca.key_uri, std::move(certificate), ca.create_time};
}

}  // namespace

Result<AgentCa> AgentCaKeeper::Make(const std::string& key_uri, AgentCaState state) {
  ASSIGN_OR_RETURN(const auto signer, deps_.find_signer(key_uri));
  const Time now = deps_.clock.Now();
  std::array<std::uint8_t, 16> random{};
  deps_.random.Fill(random);
  AgentCa ca;
  ca.id = AgentCaId(Uuid::V7(now, deps_.random));
  ca.state = state;
  ca.key_uri = key_uri;
  ASSIGN_OR_RETURN(ca.certificate,
                   signer->SignCa({trust_domain_, Bytes(random.begin(), random.end()),
                                   now - kCaBackdated, now + kCaLifetime},
                                  deps_.clock.Tick() + kCaSigning));
  return ca;
}

Result<void> AgentCaKeeper::EnsureFirst(const std::string& key_uri) {
  ASSIGN_OR_RETURN(const auto there, deps_.cas.All());
  if (!there.empty()) return {};
  ASSIGN_OR_RETURN(const AgentCa ca, Make(key_uri, AgentCaState::kActive));
  RETURN_IF_ERROR(deps_.cas.Add(ca));
  RETURN_IF_ERROR(deps_.registry.Refresh());
  // Unless another replica was faster.
  const auto cas = deps_.registry.cas();
  if (std::ranges::find(*cas, ca.id, &KnownCa::id) != cas->end()) {
    deps_.log.Info("agent_ca_made", {{"agent_ca", ca.id.ToString()}, {"key", key_uri}});
  }
  return {};
}

// By the key itself: one key has many URIs, and what a revoked CA signed must not be good again
// under another CA of its key.
Result<void> AgentCaKeeper::RefuseKnownKey(const KnownCa& made) const {
  for (const KnownCa& known : *deps_.registry.cas()) {
    if (known.id == made.id || known.certificate.spki_sha256() != made.certificate.spki_sha256()) {
      continue;
    }
    return Error(Reason::kAlreadyExists,
                 fmt::format("agentCas/{} has that key already ({}); provision another one "
                             "(certbroker keystore provision)",
                             known.id.ToString(), known.key_uri));
  }
  return {};
}

Result<KnownCa> AgentCaKeeper::Prepare(const std::string& key_uri) {
  ASSIGN_OR_RETURN(const AgentCa ca, Make(key_uri, AgentCaState::kPrepared));
  RETURN_IF_ERROR(deps_.registry.Refresh());
  ASSIGN_OR_RETURN(const KnownCa made, Known(ca));
  RETURN_IF_ERROR(RefuseKnownKey(made));
  RETURN_IF_ERROR(deps_.cas.Add(ca));
  deps_.log.Info("agent_ca_prepared", {{"agent_ca", ca.id.ToString()}, {"key", key_uri}});
  RETURN_IF_ERROR(deps_.registry.Refresh());
  // With what the database has added.
  const auto cas = deps_.registry.cas();
  const auto stored = std::ranges::find(*cas, ca.id, &KnownCa::id);
  if (stored != cas->end()) return *stored;
  return made;
}

Result<KnownCa> AgentCaKeeper::SetState(const AgentCaId& id, AgentCaState state) {
  ASSIGN_OR_RETURN(const AgentCa ca, deps_.cas.SetState(id, state));
  deps_.log.Info("agent_ca",
                 {{"agent_ca", id.ToString()}, {"state", std::string(ToString(state))}});
  RETURN_IF_ERROR(deps_.registry.Refresh());
  return Known(ca);
}

}  // namespace certbroker::identity
