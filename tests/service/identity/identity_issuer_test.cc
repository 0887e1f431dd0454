// Identities against tokens, and against the identity before.
#include "service/identity/identity_issuer.h"

#include <algorithm>

#include "pki/agent_csr.h"
#include "tests/service/identity/identity_fixture.h"

namespace certbroker::identity {
namespace {

using std::chrono::minutes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class IdentityIssuerTest : public IdentityFixture {};

TEST_F(IdentityIssuerTest, ATokenBecomesAClientCertificateOfItsAgent) {
  MakeFirstCa();

  const auto identity = Enroll(Token(Web(1)));

  ASSERT_THAT(identity, IsOk());
  EXPECT_EQ(identity->agent, Web(1));
  const pki::Certificate certificate = CertificateOf(*identity);
  EXPECT_THAT(certificate.uri_names(), ElementsAre(Web(1).ToString()));
  EXPECT_THAT(certificate.dns_names(), IsEmpty());  // whatever the CSR says
  EXPECT_TRUE(certificate.has_eku_client_auth());
  EXPECT_FALSE(certificate.has_eku_server_auth());
  EXPECT_FALSE(certificate.is_ca());
  EXPECT_EQ(certificate.spki_sha256(),
            Must(pki::ParseAgentCsr(CsrOf(pki::KeyType::kEcP256))).spki_sha256);
}

TEST_F(IdentityIssuerTest, LivesForItsLifetimeAndIsRenewedAtHalfOfIt) {
  MakeFirstCa();
  clock_.Advance(1h);

  const IssuedIdentity identity = Join(Web(1));

  EXPECT_EQ(identity.expire_time, clock_.Now() + kLifetime);
  EXPECT_EQ(identity.renew_time, clock_.Now() + kLifetime / 2);
  EXPECT_EQ(CertificateOf(identity).not_before(), clock_.Now() - minutes{10});
  EXPECT_EQ(CertificateOf(identity).not_after(), identity.expire_time);
}

TEST_F(IdentityIssuerTest, DoesNotOutliveTheCa) {
  MakeFirstCa();
  const Time end = FirstCa().certificate.not_after();
  clock_.Advance(end - clock_.Now() - 2h);

  const IssuedIdentity identity = Join(Web(1));

  EXPECT_EQ(identity.expire_time, end);
  EXPECT_EQ(identity.renew_time, clock_.Now() + 1h);
}

TEST_F(IdentityIssuerTest, NumbersRise) {
  MakeFirstCa();

  const IdentityNumber first = NumberOf(Join(Web(1)));
  const IdentityNumber second = NumberOf(Join(Web(2)));
  const IdentityNumber third = NumberOf(Must(Renew(Web(1), first)));

  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
}

TEST_F(IdentityIssuerTest, RefusesAnotherSecretAnUnknownTokenAndAnExpiredOne) {
  MakeFirstCa();
  const JoinToken token = Token(Web(1));
  const Bytes csr = CsrOf(pki::KeyType::kEcP256);

  EXPECT_THAT(issuer_.Enroll(token.id, Bytes(32, 'x'), csr), IsError(Reason::kJoinTokenInvalid));
  EXPECT_THAT(issuer_.Enroll(token.id, {}, csr), IsError(Reason::kJoinTokenInvalid));
  EXPECT_THAT(issuer_.Enroll(JoinTokenId(), Secret(), csr), IsError(Reason::kJoinTokenInvalid));
  clock_.Advance(1h);
  EXPECT_THAT(Enroll(token), IsError(Reason::kJoinTokenInvalid));
}

TEST_F(IdentityIssuerTest, ATokenWorksForOneKeyWhichMayAskAgain) {
  MakeFirstCa();
  const JoinToken token = Token(Web(1));
  const IdentityNumber first = NumberOf(Must(Enroll(token)));

  EXPECT_GT(NumberOf(Must(Enroll(token))), first);
  EXPECT_THAT(Enroll(token, pki::KeyType::kEcP384), IsError(Reason::kJoinTokenUsed));
  EXPECT_THAT(Enroll(token), IsOk());
}

// Whoever has no token costs no signature, so the token comes first, and is its key's from then on.
TEST_F(IdentityIssuerTest, WhileThereIsNoCaTheTokenIsKeptForTheHostThatAsked) {
  const JoinToken token = Token(Web(1));
  const auto too_early = Enroll(token);
  ASSERT_THAT(too_early, IsError(Reason::kHsmUnavailable, HasSubstr("no active agent CA")));
  EXPECT_TRUE(too_early.error().retry_after());
  MakeFirstCa();
  EXPECT_THAT(issuer_.Enroll(token.id, Secret(), Bytes(10, 0x30)), IsError(Reason::kCsrInvalid));

  EXPECT_THAT(Enroll(token, pki::KeyType::kEcP384), IsError(Reason::kJoinTokenUsed));
  EXPECT_THAT(Enroll(token), IsOk());
}

TEST_F(IdentityIssuerTest, AfterAFailureOfTheHsmTheSameHostAsksAgain) {
  MakeFirstCa();
  const JoinToken token = Token(Web(1));
  keys_.Provision(kFirstKey)->FailNext(Error(Reason::kHsmUnavailable, "away"));

  EXPECT_THAT(Enroll(token), IsError(Reason::kHsmUnavailable));
  EXPECT_THAT(Enroll(token), IsOk());
}

TEST_F(IdentityIssuerTest, TheOldIdentityRenewsUntilTheNewOneIsUsed) {
  MakeFirstCa();
  const IssuedIdentity old = Join(Web(1));
  Must(Renew(Web(1), NumberOf(old)));  // its answer was lost
  const IssuedIdentity fresh = Must(Renew(Web(1), NumberOf(old)));

  Use(fresh);

  EXPECT_THAT(Renew(Web(1), NumberOf(old)), IsError(Reason::kIdentitySuperseded));
  EXPECT_THAT(Renew(Web(1), NumberOf(fresh)), IsOk());
}

TEST_F(IdentityIssuerTest, ABannedAgentGetsNothing) {
  MakeFirstCa();
  const IssuedIdentity identity = Join(Web(1));
  const JoinToken token = Token(Web(1));
  Ban(Web(1), "stolen");

  EXPECT_THAT(Renew(Web(1), NumberOf(identity)), IsError(Reason::kAgentBanned));
  EXPECT_THAT(Enroll(token, pki::KeyType::kEcP384),
              IsError(Reason::kAgentBanned, HasSubstr("stolen")));
}

TEST_F(IdentityIssuerTest, ARemovedAgentRenewsNothing) {
  MakeFirstCa();
  const IssuedIdentity identity = Join(Web(1));
  Must(database_.agents().Remove(Web(1)));

  EXPECT_THAT(Renew(Web(1), NumberOf(identity)), IsError(Reason::kAgentNotEnrolled));
}

TEST_F(IdentityIssuerTest, TheActiveCaSigns) {
  MakeFirstCa();
  const pki::Certificate first = FirstCa().certificate;
  const pki::Certificate second = MakeSecondCa().certificate;

  const pki::Certificate identity = CertificateOf(Join(Web(1)));

  const auto leads_to = [&](const pki::Certificate& ca) {
    const PeerJudge judge(registry_, std::nullopt, kGrace, clock_);
    const Peer peer = Must(judge.Judge(identity.ToPem(), Purpose::kCall));
    return std::ranges::any_of(*registry_.cas(), [&](const KnownCa& known) {
      return known.id == peer.ca && known.certificate == ca;
    });
  };
  EXPECT_TRUE(leads_to(second));
  EXPECT_FALSE(leads_to(first));
}

}  // namespace
}  // namespace certbroker::identity
