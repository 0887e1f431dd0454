// AgentService.Enroll and RenewIdentity: how a host gets in, stays in, and is kept out.
#include "core/version.h"
#include "pki/pem_chain.h"
#include "service/rpc/client_skew.h"
#include "tests/service/rpc/enrolment_fixture.h"

namespace certbroker::rpc {
namespace {

using std::chrono::minutes;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class EnrollTest : public EnrolmentTest {
 protected:
  std::string MillisecondsAt(Time time) {
    return std::to_string(
        std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count());
  }
  Metadata ClockThatIs(std::chrono::milliseconds ahead) {
    return {{std::string(kClientTimeKey), MillisecondsAt(clock().Now() + ahead)}};
  }
};

TEST_F(EnrollTest, AHostWithATokenNeedsNoCertificateToGetOne) {
  const auto joined = Enroll(Token());

  ASSERT_THAT(joined.status, IsAnswered());
  EXPECT_EQ(joined.value.spiffe_id(), kWeb01);
  EXPECT_EQ(joined.value.server_ca_pem(), ca().ToPem());
  const auto chain = Must(pki::ParsePemChain(joined.value.certificate_pem()));
  EXPECT_THAT(chain.front().uri_names(), ElementsAre(kWeb01));
  EXPECT_EQ(joined.value.expire_time().seconds() - joined.value.renew_time().seconds(),
            std::chrono::seconds(kIdentityLifetime).count() / 2);
  EXPECT_THAT(log().lines(), Contains(HasSubstr("agent_joined")));
}

TEST_F(EnrollTest, WhatItGetsLetsItIn) {
  const Host host = Join();

  const auto order = ClientOf(host).Issue(IssueRequest());

  ASSERT_THAT(order.status, IsAnswered());
  EXPECT_EQ(order.value.agent(), kWeb01);
}

TEST_F(EnrollTest, AnotherSecretIsToldNoMoreThanAnUnknownToken) {
  const auto wrong = Enroll(Token(), std::string(32, 'x'));
  const auto unknown = Enroll(NewRequestId());

  EXPECT_THAT(wrong.status, IsRefusal(Reason::kJoinTokenInvalid));
  EXPECT_THAT(unknown.status, IsRefusal(Reason::kJoinTokenInvalid));
  EXPECT_EQ(wrong.status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_THAT(log().lines(), Contains(HasSubstr("join_refused")));
}

TEST_F(EnrollTest, NamesTheFieldThatIsMissing) {
  EXPECT_THAT(FieldsOf(Enroll("no uuid").status), ElementsAre("join_token"));
  EXPECT_THAT(FieldsOf(Enroll(Token(), "short").status), ElementsAre("secret"));
  v1::EnrollRequest request;
  request.set_join_token(Token());
  request.set_secret(Secret());
  request.set_csr_der("rubbish");
  Call call;
  v1::AgentIdentity identity;
  TestClient client = Nobody();
  EXPECT_THAT(client.agents().Enroll(&call, request, &identity), IsRefusal(Reason::kCsrInvalid));
}

TEST_F(EnrollTest, AnExpiredTokenLetsNobodyIn) {
  const std::string token = Token();
  clock().Advance(std::chrono::hours{1});

  EXPECT_THAT(Enroll(token).status, IsRefusal(Reason::kJoinTokenInvalid));
}

TEST_F(EnrollTest, AUsedTokenWorksForTheSameKeyOnly) {
  const std::string token = Token();
  ASSERT_THAT(Enroll(token).status, IsAnswered());

  EXPECT_THAT(Enroll(token, Secret(), pki::KeyType::kEcP384).status,
              IsRefusal(Reason::kJoinTokenUsed));
  EXPECT_THAT(Enroll(token).status, IsAnswered());
}

TEST_F(EnrollTest, ABannedAgentDoesNotJoin) {
  const std::string token = Token();
  ASSERT_THAT(Ban("web-01", "stolen").status, IsAnswered());

  const auto refused = Enroll(token);

  EXPECT_THAT(refused.status, IsRefusal(Reason::kAgentBanned));
  EXPECT_THAT(refused.status.error_message(), HasSubstr("stolen"));
}

TEST_F(EnrollTest, WithoutTheHsmTheTokenStaysGood) {
  const std::string token = Token();
  keys().Provision(kFirstCaKey)->FailNext(Error(Reason::kHsmUnavailable, "away"));

  EXPECT_THAT(Enroll(token).status, IsRefusal(Reason::kHsmUnavailable));
  EXPECT_THAT(Enroll(token).status, IsAnswered());
}

TEST_F(EnrollTest, AServiceWithoutAnAgentCaSaysSo) {
  RestartWithoutIdentities();
  Call call;
  v1::AgentIdentity identity;
  TestClient agent = Agent();

  EXPECT_THAT(agent.agents().Enroll(&call, {}, &identity), IsRefusal(Reason::kConfigInvalid));
  EXPECT_THAT(Renew(agent).status, IsRefusal(Reason::kConfigInvalid));
  // Who has no certificate does not get through the handshake.
  EXPECT_EQ(Enroll(NewRequestId()).status.error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(EnrollTest, AClockThatIsFarOffIsToldAsSuch) {
  const std::string token = Token();
  for (const auto ahead : {minutes{11}, minutes{-11}}) {
    const auto refused = Enroll(token, Secret(), pki::KeyType::kEcP256, ClockThatIs(ahead));
    EXPECT_THAT(refused.status, IsRefusal(Reason::kClockSkew));
    EXPECT_THAT(refused.status.error_message(), HasSubstr("chrony"));
  }
  EXPECT_THAT(
      Enroll(token, Secret(), pki::KeyType::kEcP256, {{std::string(kClientTimeKey), "soon"}})
          .status,
      IsRefusal(Reason::kInvalidArgument));

  EXPECT_THAT(Enroll(token, Secret(), pki::KeyType::kEcP256, ClockThatIs(minutes{-9})).status,
              IsAnswered());
}

TEST_F(EnrollTest, AVersionThatIsTooFarAwayIsToldAsSuch) {
  const std::string token = Token();
  const std::string key(kClientVersionKey);

  const auto newer = Enroll(token, Secret(), pki::KeyType::kEcP256, {{key, "99.0.0"}});
  EXPECT_THAT(newer.status, IsRefusal(Reason::kVersionSkew));
  EXPECT_THAT(newer.status.error_message(), HasSubstr("upgrade the service first"));
  EXPECT_THAT(
      Enroll(token, Secret(), pki::KeyType::kEcP256, {{key, std::string(Version())}}).status,
      IsAnswered());
}

TEST_F(EnrollTest, EveryCallOfAnAgentIsJudgedByItsClock) {
  const Host host = Join();

  EXPECT_THAT(Renew(ClientOf(host), pki::KeyType::kEcP384, ClockThatIs(minutes{11})).status,
              IsRefusal(Reason::kClockSkew));
  Call call;
  call.AddMetadata(std::string(kClientTimeKey), MillisecondsAt(clock().Now() - minutes{11}));
  v1::ListOrdersResponse list;
  TestClient client = ClientOf(host);
  EXPECT_THAT(client.orders().ListOrders(&call, {}, &list), IsRefusal(Reason::kClockSkew));
}

TEST_F(EnrollTest, WithoutACertificateNothingElseIsAnswered) {
  const grpc::Status refused = Ask(Nobody());

  EXPECT_THAT(refused, IsRefusal(Reason::kIdentityInvalid));
  EXPECT_THAT(refused.error_message(), HasSubstr("certbroker-agent join"));
  EXPECT_THAT(Renew(Nobody()).status, IsRefusal(Reason::kIdentityInvalid));
  TestClient nobody = Nobody();
  Call call;
  const auto session = nobody.agents().Session(&call);
  v1::BrokerMessage message;
  while (session->Read(&message)) {
  }
  EXPECT_THAT(session->Finish(), IsRefusal(Reason::kIdentityInvalid));
  EXPECT_THAT(nobody.WatchOrder("orders/x"), IsRefusal(Reason::kIdentityInvalid));
}

class RenewIdentityTest : public EnrolmentTest {};

TEST_F(RenewIdentityTest, IsForANewKeyAndTheSameAgent) {
  const Host host = Join();
  clock().Advance(kIdentityLifetime / 2);

  const Host next = Renewed(host);

  EXPECT_EQ(next.identity.spiffe_id(), kWeb01);
  EXPECT_GT(next.identity.expire_time().seconds(), host.identity.expire_time().seconds());
  EXPECT_THAT(Ask(ClientOf(next)), IsAnswered());
}

TEST_F(RenewIdentityTest, TheOldOneCountsUntilTheNewOneIsUsed) {
  const Host old = Join();
  const Host lost = Renewed(old);
  const Host fresh = Renewed(old);
  EXPECT_THAT(Ask(ClientOf(old)), IsAnswered());

  Use(fresh);

  EXPECT_THAT(Ask(ClientOf(old)), IsRefusal(Reason::kIdentitySuperseded));
  EXPECT_THAT(Ask(ClientOf(lost)), IsRefusal(Reason::kIdentitySuperseded));
  EXPECT_THAT(Renew(ClientOf(old)).status, IsRefusal(Reason::kIdentitySuperseded));
  EXPECT_THAT(Ask(ClientOf(fresh)), IsAnswered());
}

TEST_F(RenewIdentityTest, AnExpiredOneIsGoodForThisAloneWithinTheGracePeriod) {
  const Host host = Join();
  clock().Advance(kIdentityLifetime + std::chrono::hours{1});

  EXPECT_THAT(Ask(ClientOf(host)), IsRefusal(Reason::kIdentityExpired));
  const Host next = Renewed(host);
  EXPECT_THAT(Ask(ClientOf(next)), IsAnswered());
}

TEST_F(RenewIdentityTest, AfterTheGracePeriodTheHostJoinsAgain) {
  const Host host = Join();
  clock().Advance(kIdentityLifetime + kGracePeriod + std::chrono::hours{1});

  const auto refused = Renew(ClientOf(host));

  EXPECT_THAT(refused.status, IsRefusal(Reason::kIdentityExpired));
  EXPECT_THAT(refused.status.error_message(), HasSubstr("certbroker tokens create"));
  EXPECT_THAT(Ask(ClientOf(Join())), IsAnswered());
}

TEST_F(RenewIdentityTest, AnIdentityOfTheOperatorsCaIsRenewedByThatCa) {
  const auto refused = Renew(Agent());

  EXPECT_THAT(refused.status, IsRefusal(Reason::kIdentityInvalid));
  EXPECT_THAT(refused.status.error_message(), HasSubstr("have the CA that made it renew it"));
}

TEST_F(RenewIdentityTest, ADeletedAgentJoinsAgain) {
  const Host host = Join();
  ASSERT_THAT(Delete("web-01"), IsAnswered());

  EXPECT_THAT(Renew(ClientOf(host)).status, IsRefusal(Reason::kAgentNotEnrolled));
  EXPECT_THAT(Ask(ClientOf(host)), IsRefusal(Reason::kAgentNotEnrolled));
  const Host back = Join();
  EXPECT_THAT(Ask(ClientOf(back)), IsAnswered());
  EXPECT_THAT(Ask(ClientOf(host)), IsRefusal(Reason::kIdentitySuperseded));
}

TEST_F(RenewIdentityTest, IsSignedByTheCaThatIsActiveNow) {
  const Host old = Join();
  ActivateSecondCa();
  ASSERT_THAT(TaintFirstCa().status, IsAnswered());

  const Host fresh = Renewed(old);
  ASSERT_THAT(RevokeFirstCa().status, IsAnswered());

  EXPECT_THAT(Ask(ClientOf(fresh)), IsAnswered());
  EXPECT_THAT(Ask(ClientOf(old)), IsRefusal(Reason::kIdentityInvalid));
  EXPECT_THAT(Renew(ClientOf(old)).status, IsRefusal(Reason::kIdentityInvalid));
}

}  // namespace
}  // namespace certbroker::rpc
