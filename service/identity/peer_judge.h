// service/identity/peer_judge.h: whether the certificate that a peer showed makes it an agent.
//
// TLS has seen to it that the peer has the certificate's key; everything else is judged here, so
// that a refusal can say what is wrong and a ban or a revoked CA counts for connections that are
// open already.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/agent.h"
#include "core/clock.h"
#include "core/mutex.h"
#include "core/result.h"
#include "pki/certificate.h"
#include "pki/trust_anchors.h"
#include "service/identity/agent_registry.h"

namespace certbroker::identity {

struct Peer {
  AgentId agent;
  std::optional<IdentityNumber> number;  // of an identity by an agent CA; none: the operator's CA
  std::optional<AgentCaId> ca;
  Time expire_time;
};

enum class Purpose {
  kCall,
  kRenewal,  // an identity that has expired within the grace period will do, one by an agent CA
};

// Thread-safe; no I/O. A certificate is verified once (0.4 ms) and remembered.
class PeerJudge {
 public:
  // `operators_cas`: CAs of the operator's whose client certificates name agents as well.
  PeerJudge(const AgentRegistry& registry, const std::optional<pki::TrustAnchors>& operators_cas,
            std::chrono::milliseconds grace, const Clock& clock);

  // `chain_pem`: what the peer sent, leaf first. Errors: kIdentityInvalid · kIdentityExpired ·
  // kIdentitySuperseded · kAgentNotEnrolled · kAgentBanned.
  Result<Peer> Judge(std::string_view chain_pem, Purpose purpose) const;
  // Of one that was judged before: whether it has been banned, removed or superseded since, or its
  // CA revoked. Its dates are not looked at. Errors as above.
  Result<void> CheckAgain(const Peer& peer) const;
  // Whether the agent is to replace its identity now, because the CA that signed it is given up.
  bool IsTainted(const Peer& peer) const;
  // Whether certificates that the service has not made may name agents, too.
  bool TrustsOperatorsCas() const { return !operators_cas_.empty(); }

 private:
  struct Verified {
    Peer peer;
    Time not_before;
    Time trusted_until;  // the end of the CA that it leads to
  };
  static constexpr std::size_t kRemembered = 20'000;

  // Whom to believe, while the agent CAs are these.
  struct Trust {
    std::shared_ptr<const AgentRegistry::Cas> cas;
    std::optional<pki::TrustAnchors> anchors;  // nothing: nobody
  };

  Result<Verified> Verify(std::string_view chain_pem, const Trust& trust) const;
  std::shared_ptr<const Trust> CurrentTrust() const EXCLUDES(mutex_);
  std::optional<Verified> Recall(const std::shared_ptr<const Trust>& trust, const Bytes& key) const
      EXCLUDES(mutex_);
  void Remember(const std::shared_ptr<const Trust>& trust, const Bytes& key,
                const Verified& verified) const EXCLUDES(mutex_);
  Result<void> CheckDates(const Verified& verified, Purpose purpose) const;

  const AgentRegistry& registry_;
  const std::vector<pki::Certificate> operators_cas_;
  const std::chrono::milliseconds grace_;
  const Clock& clock_;

  mutable Mutex mutex_;
  mutable std::shared_ptr<const Trust> trust_ GUARDED_BY(mutex_);
  // By the SHA-256 of what the peer sent, under trust_.
  mutable std::map<Bytes, Verified> verified_ GUARDED_BY(mutex_);
};

}  // namespace certbroker::identity
