#include "service/identity/peer_judge.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "pki/client_chain.h"
#include "pki/digest.h"
#include "pki/identity_number.h"
#include "pki/pem_chain.h"
#include "service/policy/peer_identity.h"

namespace certbroker::identity {
namespace {

// More than any chain of ours takes.
constexpr std::size_t kMaxChainText = 64UL * 1024;

bool IsTrusted(const KnownCa& ca) { return ca.state != AgentCaState::kRevoked; }

}  // namespace

PeerJudge::PeerJudge(const AgentRegistry& registry,
                     const std::optional<pki::TrustAnchors>& operators_cas,
                     std::chrono::milliseconds grace, const Clock& clock)
    : registry_(registry),
      operators_cas_(operators_cas ? operators_cas->certificates()
                                   : std::vector<pki::Certificate>()),
      grace_(grace),
      clock_(clock) {}

Result<Peer> PeerJudge::Judge(std::string_view chain_pem, Purpose purpose) const {
  if (chain_pem.size() > kMaxChainText) {
    return Error(Reason::kIdentityInvalid,
                 fmt::format("the client certificate and what was sent along are over {} KiB",
                             kMaxChainText / 1024));
  }
  const auto trust = CurrentTrust();
  const Bytes key = pki::Sha256(AsBytes(chain_pem));
  auto verified = Recall(trust, key);
  const bool known = verified.has_value();
  if (!known) {
    ASSIGN_OR_RETURN(verified, Verify(chain_pem, *trust));
  }
  RETURN_IF_ERROR(CheckDates(*verified, purpose));
  RETURN_IF_ERROR(registry_.Check(verified->peer.agent, verified->peer.number));
  // Only what got in is remembered, so that nobody else fills the memory.
  if (!known) Remember(trust, key, *verified);
  return verified->peer;
}

Result<void> PeerJudge::CheckAgain(const Peer& peer) const {
  if (peer.ca) {
    const auto cas = registry_.cas();
    const auto ca = std::ranges::find(*cas, *peer.ca, &KnownCa::id);
    if (ca == cas->end() || !IsTrusted(*ca)) {
      return Error(Reason::kIdentityInvalid,
                   fmt::format("the agent CA that signed the identity of {} was revoked; let it "
                               "join again with a new token (certbroker tokens create)",
                               Printable(peer.agent.ToString(), 200)));
    }
  }
  return registry_.Check(peer.agent, peer.number);
}

bool PeerJudge::IsTainted(const Peer& peer) const {
  if (!peer.ca) return false;
  const auto cas = registry_.cas();
  const auto ca = std::ranges::find(*cas, *peer.ca, &KnownCa::id);
  return ca != cas->end() && ca->state == AgentCaState::kTainted;
}

std::shared_ptr<const PeerJudge::Trust> PeerJudge::CurrentTrust() const {
  const auto cas = registry_.cas();
  const MutexLock lock(mutex_);
  if (trust_ != nullptr && trust_->cas == cas) return trust_;
  auto trust = std::make_shared<Trust>();
  trust->cas = cas;
  std::vector<pki::Certificate> trusted = operators_cas_;
  for (const KnownCa& ca : *cas) {
    if (IsTrusted(ca)) trusted.push_back(ca.certificate);
  }
  if (auto anchors = pki::TrustAnchors::Parse(pki::ToPem(trusted))) trust->anchors = *anchors;
  trust_ = std::move(trust);
  verified_.clear();
  return trust_;
}

std::optional<PeerJudge::Verified> PeerJudge::Recall(const std::shared_ptr<const Trust>& trust,
                                                     const Bytes& key) const {
  const MutexLock lock(mutex_);
  if (trust_ != trust) return std::nullopt;
  const auto found = verified_.find(key);
  if (found == verified_.end() || clock_.Now() > found->second.trusted_until) return std::nullopt;
  return found->second;
}

void PeerJudge::Remember(const std::shared_ptr<const Trust>& trust, const Bytes& key,
                         const Verified& verified) const {
  const MutexLock lock(mutex_);
  if (trust_ != trust) return;
  if (verified_.size() >= kRemembered) verified_.clear();
  verified_.insert_or_assign(key, verified);
}

Result<PeerJudge::Verified> PeerJudge::Verify(std::string_view chain_pem,
                                              const Trust& trust) const {
  const auto chain = pki::ParsePemChain(chain_pem);
  if (!chain) {
    return Error(Reason::kIdentityInvalid,
                 fmt::format("the client certificate cannot be read: {}", chain.error().detail()));
  }
  const pki::Certificate& leaf = chain->front();
  ASSIGN_OR_RETURN(AgentId agent, policy::AgentIdentity(leaf));
  if (!trust.anchors) {
    return Error(Reason::kIdentityInvalid, "no CA is trusted to name agents");
  }
  ASSIGN_OR_RETURN(const pki::Certificate anchor,
                   pki::VerifyClientChain(leaf, {chain->begin() + 1, chain->end()}, *trust.anchors,
                                          clock_.Now()));
  Verified verified{{std::move(agent), std::nullopt, std::nullopt, leaf.not_after()},
                    leaf.not_before(),
                    anchor.not_after()};
  for (const pki::Certificate& sent : *chain) {
    if (sent.is_ca()) verified.trusted_until = std::min(verified.trusted_until, sent.not_after());
  }
  const auto ca = std::ranges::find(*trust.cas, anchor, &KnownCa::certificate);
  if (ca == trust.cas->end()) return verified;
  // Also when the operator has put it among the CAs of the configuration.
  if (!IsTrusted(*ca)) {
    return Error(Reason::kIdentityInvalid, "the agent CA that made the certificate was revoked");
  }
  verified.peer.number = pki::IdentityNumberOf(leaf);
  verified.peer.ca = ca->id;
  if (verified.peer.number) return verified;
  return Error(Reason::kIdentityInvalid,
               "the serial number of the client certificate is none that the agent CA gives");
}

Result<void> PeerJudge::CheckDates(const Verified& verified, Purpose purpose) const {
  const Time now = clock_.Now();
  if (now < verified.not_before) {
    return Error(Reason::kIdentityInvalid,
                 fmt::format("the client certificate is valid from {} only, and here it is {}",
                             FormatRfc3339(verified.not_before), FormatRfc3339(now)));
  }
  const Time end = verified.peer.expire_time;
  if (now <= end) return {};
  const bool own = verified.peer.number.has_value();
  if (purpose == Purpose::kRenewal && own && now <= end + grace_) return {};
  const std::string_view what_next =
      !own ? "have its CA issue a new one"
      : now <= end + grace_
          ? "the agent may still renew it: run certbroker-agent status on the host"
          : "let the host join again with a new token (certbroker tokens create)";
  return Error(Reason::kIdentityExpired,
               fmt::format("the identity of {} expired at {}, and here it is {}: {}",
                           Printable(verified.peer.agent.ToString(), 200), FormatRfc3339(end),
                           FormatRfc3339(now), what_next));
}

}  // namespace certbroker::identity
