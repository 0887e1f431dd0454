#include "tests/service/identity/identity_fixture.h"

#include <utility>

#include "pki/digest.h"
#include "pki/identity_number.h"
#include "pki/pem_chain.h"
#include "tests/support/made_csr.h"

namespace certbroker::identity {
namespace {

constexpr std::chrono::hours kDay{24};

forge::CertificateRecipe LeafRecipe(Time now) {
  return {.subject = {{"CN", "web-01"}},
          .issuer = {{"CN", "Operators' CA"}},
          .extensions = {{"basicConstraints", "critical,CA:FALSE"},
                         {"keyUsage", "critical,digitalSignature"},
                         {"extendedKeyUsage", "clientAuth"},
                         {"subjectAltName", "URI:" + Web(1).ToString()}},
          .not_before = now - kDay,
          .not_after = now + 90 * kDay};
}

}  // namespace

AgentId Web(int number) {
  return AgentId("spiffe://example.org/agent/web-" + std::to_string(number));
}

IdentityFixture::IdentityFixture()
    : judge_(registry_, Must(pki::TrustAnchors::Of({OperatorsCa()})), kGrace, clock_) {}

void IdentityFixture::MakeFirstCa() {
  keys_.Provision(kFirstKey);
  Must(keeper_.EnsureFirst(kFirstKey));
}

KnownCa IdentityFixture::MakeSecondCa() {
  keys_.Provision(kSecondKey);
  const KnownCa prepared = Must(keeper_.Prepare(kSecondKey));
  return Must(keeper_.SetState(prepared.id, AgentCaState::kActive));
}

JoinToken IdentityFixture::Token(const AgentId& agent, std::chrono::milliseconds lifetime) {
  JoinToken token;
  token.id = JoinTokenId(Uuid::V7(clock_.Now(), random_));
  token.agent = agent;
  token.secret_sha256 = pki::Sha256(Secret());
  const RequestId request(Uuid::V7(clock_.Now(), random_));
  return Must(database_.agents().CreateToken(
      token, lifetime, {CallerId("operator:local"), request, "CreateJoinToken", Bytes(1, 'b')}));
}

Bytes IdentityFixture::CsrOf(pki::KeyType key) { return MadeCsr({"ignored.example.org"}, key); }

Result<IssuedIdentity> IdentityFixture::Enroll(const JoinToken& token, pki::KeyType key) const {
  return issuer_.Enroll(token.id, Secret(), CsrOf(key));
}

IssuedIdentity IdentityFixture::Join(const AgentId& agent) { return Must(Enroll(Token(agent))); }

Result<IssuedIdentity> IdentityFixture::Renew(const AgentId& agent, IdentityNumber shown) const {
  return issuer_.Renew(agent, shown, CsrOf(pki::KeyType::kEcP384));
}

void IdentityFixture::Use(const IssuedIdentity& identity) {
  Must(database_.agents().RecordUse(identity.agent, NumberOf(identity)));
  Must(registry_.Refresh());
}

void IdentityFixture::Ban(const AgentId& agent, const std::string& reason) {
  Must(database_.agents().SetState(agent, AgentState::kBanned, reason));
  Must(registry_.Refresh());
}

pki::Certificate IdentityFixture::CertificateOf(const IssuedIdentity& identity) {
  return Must(pki::ParsePemChain(identity.certificate_pem)).front();
}

IdentityNumber IdentityFixture::NumberOf(const IssuedIdentity& identity) {
  return pki::IdentityNumberOf(CertificateOf(identity)).value();
}

forge::CertificateRecipe IdentityFixture::OperatorsCaRecipe() const {
  return {.subject = {{"CN", "Operators' CA"}},
          .issuer = {{"CN", "Operators' CA"}},
          .extensions = forge::CaExtensions(),
          .not_before = clock_.Now() - kDay,
          .not_after = clock_.Now() + 365 * kDay,
          .serial_hex = "01"};
}

pki::Certificate IdentityFixture::OperatorsCa() const {
  return Must(pki::Certificate::Parse(
      forge::MakeCertificate(OperatorsCaRecipe(), operators_key_, operators_key_)));
}

std::string IdentityFixture::OperatorsLeaf(
    const std::function<void(forge::CertificateRecipe&)>& change) {
  forge::CertificateRecipe recipe = LeafRecipe(clock_.Now());
  if (change) change(recipe);
  return forge::Pem("CERTIFICATE", forge::MakeCertificate(recipe, leaf_key_, operators_key_));
}

std::string IdentityFixture::StrangersLeaf() {
  return forge::Pem("CERTIFICATE",
                    forge::MakeCertificate(LeafRecipe(clock_.Now()), leaf_key_, forge::Key::Ec()));
}

}  // namespace certbroker::identity
