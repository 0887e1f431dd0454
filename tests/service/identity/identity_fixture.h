// tests/service/identity/identity_fixture.h: a service that makes identities, without its
// listeners: fake database, clock and keys, and agents that join it.
#pragma once

#include <chrono>
#include <string>

#include "pki/key_type.h"
#include "pki/trust_anchors.h"
#include "service/identity/agent_ca_keeper.h"
#include "service/identity/agent_registry.h"
#include "service/identity/identity_issuer.h"
#include "service/identity/peer_judge.h"
#include "tests/conformance/store_fixture.h"
#include "tests/fakes/capture_log.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_database.h"
#include "tests/fakes/fake_random.h"
#include "tests/fakes/memory_agent_ca_signer.h"
#include "tests/pki/forge.h"
#include "tests/support/result_matchers.h"

namespace certbroker::identity {

inline constexpr const char* kTrustDomain = "example.org";
inline constexpr const char* kFirstKey = "pkcs11:token=certbroker;object=agent-ca%2Fv1";
inline constexpr const char* kSecondKey = "pkcs11:token=certbroker;object=agent-ca%2Fv2";
inline constexpr std::chrono::hours kLifetime{24};
inline constexpr std::chrono::hours kGrace{24 * 30};

AgentId Web(int number);  // spiffe://example.org/agent/web-N

class IdentityFixture : public ::testing::Test {
 protected:
  IdentityFixture();

  // The first agent CA.
  void MakeFirstCa();
  KnownCa FirstCa() const { return registry_.cas()->at(0); }
  // Another one, of kSecondKey, which signs from now on.
  KnownCa MakeSecondCa();

  // What one joins with; of all tokens the secret is Secret().
  JoinToken Token(const AgentId& agent, std::chrono::milliseconds lifetime = 1h);
  static Bytes Secret() { return Bytes(32, 's'); }
  static Bytes CsrOf(pki::KeyType key);
  Result<IssuedIdentity> Enroll(const JoinToken& token,
                                pki::KeyType key = pki::KeyType::kEcP256) const;
  IssuedIdentity Join(const AgentId& agent);
  Result<IssuedIdentity> Renew(const AgentId& agent, IdentityNumber shown) const;
  // The agent has shown that identity.
  void Use(const IssuedIdentity& identity);
  void Ban(const AgentId& agent, const std::string& reason = "stolen");

  static pki::Certificate CertificateOf(const IssuedIdentity& identity);
  static IdentityNumber NumberOf(const IssuedIdentity& identity);

  // A certificate by the operator's own CA, which is right unless `change` changes it.
  std::string OperatorsLeaf(const std::function<void(forge::CertificateRecipe&)>& change = {});
  forge::CertificateRecipe OperatorsCaRecipe() const;
  pki::Certificate OperatorsCa() const;
  // Of somebody whom nobody trusts.
  std::string StrangersLeaf();

  FakeClock clock_;
  FakeDatabase database_{clock_};
  FakeRandom random_;
  CaptureLog log_;
  MemoryAgentCaKeys keys_;
  const FindAgentCaSigner find_signer_ = [this](const std::string& uri) { return keys_.Find(uri); };
  AgentRegistry registry_{database_.agents(), database_.agent_cas(), database_.feed(), clock_,
                          log_};
  IdentityIssuer issuer_{{database_.agents(), registry_, find_signer_, clock_, random_, log_},
                         kTrustDomain,
                         kLifetime};
  AgentCaKeeper keeper_{{database_.agent_cas(), registry_, find_signer_, clock_, random_, log_},
                        kTrustDomain};
  const forge::Key operators_key_ = forge::Key::Ec();
  const forge::Key leaf_key_ = forge::Key::Ec();
  const PeerJudge judge_;
};

}  // namespace certbroker::identity
