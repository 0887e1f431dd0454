// service/identity_setup.h: everything about agents' identities, put together and kept running.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/executor.h"
#include "core/mutex.h"
#include "core/ports/account_store.h"
#include "core/ports/change_feed.h"
#include "core/random.h"
#include "db/pg_agent_ca_store.h"
#include "db/pg_agent_store.h"
#include "pki/trust_anchors.h"
#include "service/config/config.h"
#include "service/identity/enrolment.h"
#include "service/identity/peer_judge.h"
#include "service/identity/use_recorder.h"
#include "service/token_choice.h"

namespace certbroker {

// The signer of an agent CA's key, wherever the tokens have it.
identity::FindAgentCaSigner AgentCaSignersIn(const std::vector<NamedToken>& tokens,
                                             AccountStore& accounts);

class IdentitySetup {
 public:
  struct Deps {
    db::ConnectionPool& pool;
    ChangeFeed& feed;
    AccountStore& accounts;
    const std::vector<NamedToken>& tokens;
    Executor& executor;
    Clock& clock;
    Random& random;
    Log& log;
  };
  // `operators_cas`: of agents.client_ca. `server_ca_pem`: of identity.server_ca. Everything
  // outlives it.
  IdentitySetup(const config::Config& config, const std::optional<pki::TrustAnchors>& operators_cas,
                std::string server_ca_pem, const Deps& deps);
  // Ends its threads.
  ~IdentitySetup();
  IdentitySetup(const IdentitySetup&) = delete;
  IdentitySetup& operator=(const IdentitySetup&) = delete;

  // Reads what the database has. Before any call is judged.
  Result<void> Load() { return registry_.Load(); }
  // `review` after every change, until this is gone. Makes the first agent CA, as soon as the HSM
  // is there.
  void Start(identity::AgentRegistry::OnChange review);
  // `review` is not called any more; before what it calls is gone.
  void StopReviews() { registry_.Stop(); }

  AgentStore& agents() { return agents_; }
  identity::AgentRegistry& registry() { return registry_; }
  const identity::PeerJudge& judge() const { return judge_; }
  identity::UseRecorder& uses() { return uses_; }
  // Null: the configuration has no [identity].
  const identity::Enrolment* enrolment() const { return enrolment_ ? &*enrolment_ : nullptr; }

 private:
  void MakeFirstCa() EXCLUDES(mutex_);

  const Deps deps_;
  db::PgAgentStore agents_;
  db::PgAgentCaStore cas_;
  identity::AgentRegistry registry_;
  const identity::PeerJudge judge_;
  identity::UseRecorder uses_;
  std::string ca_key_;
  std::optional<identity::IdentityIssuer> issuer_;
  std::optional<identity::AgentCaKeeper> keeper_;
  std::optional<identity::Enrolment> enrolment_;

  Mutex mutex_;
  ConditionVariable wake_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::jthread first_ca_;
};

}  // namespace certbroker
