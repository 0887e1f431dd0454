#include "service/identity/identity_issuer.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "pki/agent_csr.h"
#include "pki/certificate.h"
#include "pki/digest.h"

namespace certbroker::identity {
namespace {

constexpr std::chrono::seconds kSigning{10};
// A host whose clock is behind must be able to use what it gets: as far as CLOCK_SKEW lets it be.
constexpr std::chrono::minutes kBackdated{10};

}  // namespace

Result<IdentityIssuer::Authority> IdentityIssuer::ActiveAuthority() const {
  const auto cas = deps_.registry.cas();
  const auto active = std::ranges::find(*cas, AgentCaState::kActive, &KnownCa::state);
  if (active == cas->end()) {
    return Error(Reason::kHsmUnavailable,
                 "there is no active agent CA yet; the service's log says why")
        .RetryAfter(std::chrono::seconds{5});
  }
  const std::string domain = "spiffe://" + trust_domain_;
  const auto& names = active->certificate.uri_names();
  if (names.size() != 1 || names.front() != domain) {
    return Error(
        Reason::kConfigInvalid,
        fmt::format("the active agent CA is not {}'s: [identity] trust_domain was changed, "
                    "which takes another agent CA (certbroker admin agent-cas prepare)",
                    domain));
  }
  if (active->certificate.not_after() <= deps_.clock.Now()) {
    return Error(Reason::kConfigInvalid,
                 fmt::format("the active agent CA expired at {}; prepare and activate another "
                             "(certbroker admin agent-cas)",
                             FormatRfc3339(active->certificate.not_after())));
  }
  ASSIGN_OR_RETURN(auto signer, deps_.find_signer(active->key_uri));
  return Authority{*active, std::move(signer)};
}

Result<IssuedIdentity> IdentityIssuer::Enroll(const JoinTokenId& token, ByteView secret,
                                              ByteView csr_der) const {
  ASSIGN_OR_RETURN(const pki::AgentCsr csr, pki::ParseAgentCsr(csr_der));
  // The token first, so that whoever has none costs one query. It is bound to this key then, with
  // which the host may ask again when anything below fails.
  ASSIGN_OR_RETURN(const NewIdentity identity,
                   deps_.agents.Redeem({token, pki::Sha256(secret), csr.spki_sha256}, lifetime_));
  ASSIGN_OR_RETURN(const Authority authority, ActiveAuthority());
  return Sign(authority, identity, csr.spki_der);
}

Result<IssuedIdentity> IdentityIssuer::Renew(const AgentId& agent, IdentityNumber shown,
                                             ByteView csr_der) const {
  ASSIGN_OR_RETURN(const pki::AgentCsr csr, pki::ParseAgentCsr(csr_der));
  ASSIGN_OR_RETURN(const Authority authority, ActiveAuthority());
  ASSIGN_OR_RETURN(const NewIdentity identity, deps_.agents.Renew(agent, shown, lifetime_));
  return Sign(authority, identity, csr.spki_der);
}

Result<IssuedIdentity> IdentityIssuer::Sign(const Authority& authority, const NewIdentity& identity,
                                            const Bytes& spki) const {
  AgentCertificateProfile profile;
  profile.agent = identity.agent;
  profile.spki = spki;
  profile.number = identity.number;
  std::array<std::uint8_t, 8> random{};
  deps_.random.Fill(random);
  profile.serial_random.assign(random.begin(), random.end());
  profile.not_before = std::max(identity.now - kBackdated, authority.ca.certificate.not_before());
  profile.not_after = std::min(identity.expire_time, authority.ca.certificate.not_after());
  ASSIGN_OR_RETURN(const Bytes der,
                   authority.signer->SignAgent(authority.ca.certificate.der(), profile,
                                               deps_.clock.Tick() + kSigning));
  ASSIGN_OR_RETURN(const pki::Certificate certificate, pki::Certificate::Parse(der));
  // Before the host has it: an identity of ours that is on no such line was made by somebody else.
  deps_.log.Info("identity_issued", {{"agent", identity.agent.ToString()},
                                     {"number", std::to_string(identity.number)},
                                     {"serial", certificate.serial()},
                                     {"agent_ca", authority.ca.id.ToString()}});
  const Time end = certificate.not_after();
  return IssuedIdentity{identity.agent, certificate.ToPem(), end,
                        identity.now + (end - identity.now) / 2};
}

}  // namespace certbroker::identity
