#include "service/identity_setup.h"

#include <pthread.h>

#include <map>
#include <utility>

#include "acme/key_authorization.h"
#include "service/account_keys_apart.h"

namespace certbroker {
namespace {

constexpr std::chrono::seconds kTryAgain{5};

// To find a key costs test signatures and a look at every account; a signer that was found survives
// reconnects and looks by itself whether the key is still the same.
class FoundSigners {
 public:
  std::shared_ptr<AgentCaSigner> Get(const std::string& uri) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    const auto found = signers_.find(uri);
    return found == signers_.end() ? nullptr : found->second;
  }
  void Keep(const std::string& uri, std::shared_ptr<AgentCaSigner> signer) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    signers_.insert_or_assign(uri, std::move(signer));
  }

 private:
  Mutex mutex_;
  std::map<std::string, std::shared_ptr<AgentCaSigner>> signers_ GUARDED_BY(mutex_);
};

std::chrono::milliseconds GraceOf(const config::Config& config) {
  return config.identity ? config.identity->grace : std::chrono::milliseconds{0};
}

}  // namespace

identity::FindAgentCaSigner AgentCaSignersIn(const std::vector<NamedToken>& tokens,
                                             AccountStore& accounts) {
  const auto found = std::make_shared<FoundSigners>();
  return [&tokens, &accounts,
          found](const std::string& uri) -> Result<std::shared_ptr<AgentCaSigner>> {
    if (auto known = found->Get(uri)) return known;
    ASSIGN_OR_RETURN(const auto key, keystore::KeyUri::Parse(uri));
    ASSIGN_OR_RETURN(const NamedToken* token, ChooseToken(tokens, key));
    // Without origins it signs nothing; it is there to be looked at.
    ASSIGN_OR_RETURN(const auto looked_at, token->keystore->SignerFor(key, {}));
    RETURN_IF_ERROR(RefuseKeyOfAccount(accounts, acme::Thumbprint(looked_at->public_key()),
                                       "the agent CA's key", "agent-ca/v1"));
    ASSIGN_OR_RETURN(auto signer, token->keystore->AgentCaSignerFor(key));
    std::shared_ptr<AgentCaSigner> shared(std::move(signer));
    found->Keep(uri, shared);
    return shared;
  };
}

IdentitySetup::IdentitySetup(const config::Config& config,
                             const std::optional<pki::TrustAnchors>& operators_cas,
                             std::string server_ca_pem, const Deps& deps)
    : deps_(deps),
      agents_(deps.pool),
      cas_(deps.pool),
      registry_(agents_, cas_, deps.feed, deps.clock, deps.log),
      judge_(registry_, operators_cas, GraceOf(config), deps.clock),
      uses_(agents_, registry_, deps.executor, deps.log) {
  if (!config.identity) return;
  const config::IdentityConfig& identity = *config.identity;
  ca_key_ = identity.ca_key;
  const auto find_signer = AgentCaSignersIn(deps.tokens, deps.accounts);
  issuer_.emplace(identity::IdentityIssuer::Deps{agents_, registry_, find_signer, deps.clock,
                                                 deps.random, deps.log},
                  identity.trust_domain, identity.lifetime);
  keeper_.emplace(identity::AgentCaKeeper::Deps{cas_, registry_, find_signer, deps.clock,
                                                deps.random, deps.log},
                  identity.trust_domain);
  Bytes pin;
  if (const auto anchors = pki::TrustAnchors::Parse(server_ca_pem)) {
    pin = anchors->certificates().front().sha256();
  }
  enrolment_.emplace(identity::Enrolment{identity.trust_domain, identity.addresses,
                                         std::move(server_ca_pem), std::move(pin), *issuer_,
                                         *keeper_});
}

IdentitySetup::~IdentitySetup() {
  const MutexLock lock(mutex_);
  stopping_ = true;
  wake_.NotifyAll();
}

void IdentitySetup::Start(identity::AgentRegistry::OnChange review) {
  registry_.Start(std::move(review));
  if (keeper_) first_ca_ = std::jthread([this] { MakeFirstCa(); });
}

void IdentitySetup::MakeFirstCa() {
  ::pthread_setname_np(::pthread_self(), "agent-ca");
  for (;;) {
    const auto made = keeper_->EnsureFirst(ca_key_);
    if (made) return;
    deps_.log.Warning("agent_ca_not_made", {{"error", made.error().ToString()}});
    const SteadyTime next = deps_.clock.Tick() + kTryAgain;
    const MutexLock lock(mutex_);
    while (!stopping_ && deps_.clock.Tick() < next) wake_.WaitUntil(mutex_, next);
    if (stopping_) return;
  }
}

}  // namespace certbroker
