// Who a peer's certificate makes it, and when it does not.
#include "service/identity/peer_judge.h"

#include "tests/service/identity/identity_fixture.h"

namespace certbroker::identity {
namespace {

using ::testing::HasSubstr;

class PeerJudgeTest : public IdentityFixture {
 protected:
  Result<Peer> Judge(const std::string& pem, Purpose purpose = Purpose::kCall) const {
    return judge_.Judge(pem, purpose);
  }
  void SetCaState(const AgentCaId& id, AgentCaState state) { Must(keeper_.SetState(id, state)); }
};

TEST_F(PeerJudgeTest, AnIdentityOfTheAgentCaIsAnAgentWithANumber) {
  MakeFirstCa();
  const IssuedIdentity identity = Join(Web(1));

  const auto peer = Judge(identity.certificate_pem);

  ASSERT_THAT(peer, IsOk());
  EXPECT_EQ(peer->agent, Web(1));
  EXPECT_EQ(peer->number, NumberOf(identity));
  EXPECT_EQ(peer->ca, FirstCa().id);
  EXPECT_EQ(peer->expire_time, identity.expire_time);
}

TEST_F(PeerJudgeTest, ACertificateOfTheOperatorsCaIsAnAgentWithoutOne) {
  MakeFirstCa();

  const auto peer = Judge(OperatorsLeaf());

  ASSERT_THAT(peer, IsOk());
  EXPECT_EQ(peer->agent, Web(1));
  EXPECT_EQ(peer->number, std::nullopt);
  EXPECT_EQ(peer->ca, std::nullopt);
}

TEST_F(PeerJudgeTest, NobodyIsWhoLeadsToNoTrustedCa) {
  MakeFirstCa();
  EXPECT_THAT(Judge(StrangersLeaf()), IsError(Reason::kIdentityInvalid));

  // The agent CA itself names nobody.
  EXPECT_THAT(Judge(FirstCa().certificate.ToPem()), IsError(Reason::kIdentityInvalid));
  const PeerJudge trusts_nobody(registry_, std::nullopt, kGrace, clock_);
  EXPECT_THAT(trusts_nobody.Judge(OperatorsLeaf(), Purpose::kCall),
              IsError(Reason::kIdentityInvalid));
}

TEST_F(PeerJudgeTest, WithoutAnyCaNobodyIsTrusted) {
  const PeerJudge judge(registry_, std::nullopt, kGrace, clock_);

  EXPECT_THAT(judge.Judge(OperatorsLeaf(), Purpose::kCall), IsError(Reason::kIdentityInvalid));
}

TEST_F(PeerJudgeTest, AnIdentityNeedsNoOperatorsCa) {
  MakeFirstCa();
  const PeerJudge judge(registry_, std::nullopt, kGrace, clock_);

  EXPECT_THAT(judge.Judge(Join(Web(1)).certificate_pem, Purpose::kCall), IsOk());
}

TEST_F(PeerJudgeTest, AnExpiredIdentityRenewsItselfWithinTheGracePeriodOnly) {
  MakeFirstCa();
  const std::string pem = Join(Web(1)).certificate_pem;
  clock_.Advance(kLifetime + 1s);

  EXPECT_THAT(Judge(pem),
              IsError(Reason::kIdentityExpired, HasSubstr("run certbroker-agent status")));
  EXPECT_THAT(Judge(pem, Purpose::kRenewal), IsOk());

  clock_.Advance(kGrace);
  EXPECT_THAT(Judge(pem), IsError(Reason::kIdentityExpired, HasSubstr("certbroker tokens create")));
  EXPECT_THAT(Judge(pem, Purpose::kRenewal),
              IsError(Reason::kIdentityExpired, HasSubstr("certbroker tokens create")));
}

TEST_F(PeerJudgeTest, WithoutGraceAnExpiredIdentityIsOver) {
  MakeFirstCa();
  const PeerJudge judge(registry_, std::nullopt, 0h, clock_);
  const std::string pem = Join(Web(1)).certificate_pem;
  EXPECT_THAT(judge.Judge(pem, Purpose::kRenewal), IsOk());

  clock_.Advance(kLifetime + 1s);

  EXPECT_THAT(judge.Judge(pem, Purpose::kRenewal), IsError(Reason::kIdentityExpired));
}

TEST_F(PeerJudgeTest, TheGracePeriodIsNotForCertificatesOfTheOperatorsCa) {
  const std::string pem =
      OperatorsLeaf([&](forge::CertificateRecipe& leaf) { leaf.not_after = clock_.Now() + 1h; });
  clock_.Advance(2h);

  EXPECT_THAT(Judge(pem, Purpose::kRenewal),
              IsError(Reason::kIdentityExpired, HasSubstr("have its CA issue a new one")));
}

TEST_F(PeerJudgeTest, ACertificateIsNotBelievedBeforeItsTime) {
  const std::string pem =
      OperatorsLeaf([&](forge::CertificateRecipe& leaf) { leaf.not_before = clock_.Now() + 1h; });

  EXPECT_THAT(Judge(pem), IsError(Reason::kIdentityInvalid, HasSubstr("is valid from")));
  clock_.Advance(2h);
  EXPECT_THAT(Judge(pem), IsOk());
}

TEST_F(PeerJudgeTest, ARememberedChainIsLookedAtAgainWhenItsTimeIsOver) {
  MakeFirstCa();
  const std::string pem = Join(Web(1)).certificate_pem;
  EXPECT_THAT(Judge(pem), IsOk());
  EXPECT_THAT(Judge(pem), IsOk());

  clock_.Advance(kLifetime + 1s);

  EXPECT_THAT(Judge(pem), IsError(Reason::kIdentityExpired));
}

TEST_F(PeerJudgeTest, ARememberedChainEndsWithItsCa) {
  const std::string pem = OperatorsLeaf(
      [&](forge::CertificateRecipe& leaf) { leaf.not_after = clock_.Now() + 24h * 400; });
  EXPECT_THAT(Judge(pem), IsOk());

  clock_.Advance(24h * 366);

  EXPECT_THAT(Judge(pem), IsError(Reason::kIdentityInvalid));
}

TEST_F(PeerJudgeTest, IdentitiesOfARetiredAndOfATaintedCaCount) {
  MakeFirstCa();
  const std::string old = Join(Web(1)).certificate_pem;
  const AgentCaId first = FirstCa().id;
  MakeSecondCa();
  EXPECT_THAT(Judge(old), IsOk());
  EXPECT_FALSE(judge_.IsTainted(*Judge(old)));

  SetCaState(first, AgentCaState::kTainted);

  ASSERT_THAT(Judge(old), IsOk());
  EXPECT_TRUE(judge_.IsTainted(*Judge(old)));
  EXPECT_FALSE(judge_.IsTainted(*Judge(Join(Web(2)).certificate_pem)));
  EXPECT_FALSE(judge_.IsTainted(*Judge(OperatorsLeaf())));
}

TEST_F(PeerJudgeTest, IdentitiesOfARevokedCaAreRefusedAlsoWhereTheyAreRemembered) {
  MakeFirstCa();
  const std::string old = Join(Web(1)).certificate_pem;
  const AgentCaId first = FirstCa().id;
  MakeSecondCa();
  const Peer peer = Must(Judge(old));
  EXPECT_THAT(judge_.CheckAgain(peer), IsOk());

  SetCaState(first, AgentCaState::kRevoked);

  EXPECT_THAT(Judge(old), IsError(Reason::kIdentityInvalid));
  EXPECT_THAT(judge_.CheckAgain(peer),
              IsError(Reason::kIdentityInvalid, HasSubstr("certbroker tokens create")));
  EXPECT_THAT(Judge(Join(Web(2)).certificate_pem), IsOk());
  EXPECT_THAT(Judge(OperatorsLeaf()), IsOk());
}

TEST_F(PeerJudgeTest, ARevokedCaIsRevokedAlsoWhereTheOperatorTrustsItBesides) {
  MakeFirstCa();
  const std::string old = Join(Web(1)).certificate_pem;
  const KnownCa first = FirstCa();
  MakeSecondCa();
  const PeerJudge judge(registry_, Must(pki::TrustAnchors::Parse(first.certificate.ToPem())),
                        std::chrono::hours{0}, clock_);
  EXPECT_THAT(judge.Judge(old, Purpose::kCall), IsOk());

  SetCaState(first.id, AgentCaState::kRevoked);

  EXPECT_THAT(judge.Judge(old, Purpose::kCall),
              IsError(Reason::kIdentityInvalid, HasSubstr("revoked")));
}

TEST_F(PeerJudgeTest, ABanCountsForBothKindsAtOnce) {
  MakeFirstCa();
  const std::string own = Join(Web(1)).certificate_pem;
  const Peer peer = Must(Judge(own));
  const Peer foreign = Must(Judge(OperatorsLeaf()));

  Ban(Web(1), "stolen");

  for (const std::string& pem : {own, OperatorsLeaf()}) {
    EXPECT_THAT(Judge(pem), IsError(Reason::kAgentBanned, HasSubstr("(stolen)")));
    EXPECT_THAT(Judge(pem, Purpose::kRenewal), IsError(Reason::kAgentBanned));
  }
  EXPECT_THAT(judge_.CheckAgain(peer), IsError(Reason::kAgentBanned));
  EXPECT_THAT(judge_.CheckAgain(foreign), IsError(Reason::kAgentBanned));
}

TEST_F(PeerJudgeTest, AnOldIdentityIsSupersededByTheUseOfTheNewOne) {
  MakeFirstCa();
  const IssuedIdentity old = Join(Web(1));
  const IssuedIdentity fresh = Must(Renew(Web(1), NumberOf(old)));
  EXPECT_THAT(Judge(old.certificate_pem), IsOk());

  Use(fresh);

  EXPECT_THAT(Judge(old.certificate_pem), IsError(Reason::kIdentitySuperseded));
  EXPECT_THAT(Judge(old.certificate_pem, Purpose::kRenewal), IsError(Reason::kIdentitySuperseded));
  EXPECT_THAT(Judge(fresh.certificate_pem), IsOk());
}

TEST_F(PeerJudgeTest, ASerialNumberThatTheAgentCaDoesNotGiveIsNoIdentity) {
  AgentCa ca;
  ca.id = AgentCaId(Uuid::V7(clock_.Now(), random_));
  ca.state = AgentCaState::kActive;
  ca.key_uri = kFirstKey;
  ca.certificate = OperatorsCa().der();
  Must(database_.agent_cas().Add(ca));
  Must(registry_.Refresh());
  const PeerJudge judge(registry_, std::nullopt, kGrace, clock_);

  EXPECT_THAT(judge.Judge(OperatorsLeaf(), Purpose::kCall),
              IsError(Reason::kIdentityInvalid, HasSubstr("serial number")));
}

TEST_F(PeerJudgeTest, HostileTextIsRefusedInAFewWords) {
  MakeFirstCa();
  const std::string good = Join(Web(1)).certificate_pem;
  std::string many;
  for (int i = 0; i < 11; ++i) many += StrangersLeaf();
  const std::string cases[] = {
      "",
      "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
      std::string(2'000'000, 'A'),
      "\x1b[2J" + good,
      good + "rubbish",
      good.substr(0, good.size() / 2),
      forge::Pem("PRIVATE KEY", Bytes(100, 0x30)) + good,
      many,
      std::string(good).insert(40, 1, '\0'),
  };
  for (const std::string& pem : cases) {
    const auto refused = Judge(pem);
    ASSERT_THAT(refused, IsError(Reason::kIdentityInvalid));
    EXPECT_EQ(Printable(refused.error().detail()), refused.error().detail());
    EXPECT_LT(refused.error().detail().size(), 600U);
  }
}

TEST_F(PeerJudgeTest, AChainWithMoreThanItNeedsIsAnAgents) {
  MakeFirstCa();
  const std::string own = Join(Web(1)).certificate_pem;

  EXPECT_THAT(Judge(own + FirstCa().certificate.ToPem() + StrangersLeaf()), IsOk());
}

TEST_F(PeerJudgeTest, ANameThatIsNoAgentsIsRefused) {
  for (const char* name :
       {"DNS:web-01", "URI:https://example.org/agent/web-01", "URI:spiffe://example.org",
        "URI:spiffe://example.org/agent/a,URI:spiffe://example.org/agent/b"}) {
    const std::string pem = OperatorsLeaf([&](forge::CertificateRecipe& leaf) {
      leaf.extensions.back() = {"subjectAltName", name};
    });
    EXPECT_THAT(Judge(pem), IsError(Reason::kIdentityInvalid)) << name;
  }
}

}  // namespace
}  // namespace certbroker::identity
