// Who calls: the one URI name of the client certificate, or nobody.
#include "tests/service/rpc/rpc_fixture.h"

namespace certbroker::rpc {
namespace {

using ::testing::HasSubstr;

class IdentityTest : public RpcTest {
 protected:
  // What every kind of call ends with.
  std::vector<grpc::Status> EveryKindOfCall(TestClient client) {
    Call call;
    const auto session = client.agents().Session(&call);
    v1::BrokerMessage message;
    while (session->Read(&message)) {
    }
    return {client.Issue(IssueRequest()).status, client.GetOrder("orders/x").status,
            client.WatchOrder("orders/x"), session->Finish()};
  }
};

TEST_F(IdentityTest, TheOneUriNameIsWhoCalls) {
  const auto order = Agent().Issue(IssueRequest());

  ASSERT_THAT(order.status, IsAnswered());
  EXPECT_EQ(order.value.agent(), kWeb01);
}

TEST_F(IdentityTest, OtherNamesBesideItAreNobody) {
  const auto order = AgentWith({.subject_alt_name = std::string("DNS:web-02,URI:") + kWeb01 +
                                                    ",email:web-02@example.org",
                                .extended_key_usage = "clientAuth"})
                         .Issue(IssueRequest());

  ASSERT_THAT(order.status, IsAnswered());
  EXPECT_EQ(order.value.agent(), kWeb01);
}

TEST_F(IdentityTest, ACertificateThatNamesNoAgentIsRefused) {
  const std::string web01 = std::string("URI:") + kWeb01;
  const struct {
    std::string name;
    LeafOptions leaf;
  } kCases[] = {
      {"no names", {.subject_alt_name = "", .extended_key_usage = "clientAuth"}},
      {"a DNS name only", {.subject_alt_name = "DNS:web-01", .extended_key_usage = "clientAuth"}},
      {"two URIs",
       {.subject_alt_name = web01 + ",URI:" + kWeb02, .extended_key_usage = "clientAuth"}},
      {"the same twice",
       {.subject_alt_name = web01 + "," + web01, .extended_key_usage = "clientAuth"}},
      {"no SPIFFE ID",
       {.subject_alt_name = "URI:https://example.org/agent/web-01",
        .extended_key_usage = "clientAuth"}},
      {"a trust domain alone",
       {.subject_alt_name = "URI:spiffe://example.org", .extended_key_usage = "clientAuth"}},
      {"dots in the path",
       {.subject_alt_name = "URI:spiffe://example.org/agent/../agent/web-01",
        .extended_key_usage = "clientAuth"}},
      {"for no purpose", {.subject_alt_name = web01, .extended_key_usage = ""}},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    for (const grpc::Status& status : EveryKindOfCall(AgentWith(c.leaf))) {
      EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
      EXPECT_THAT(status, IsRefusal(Reason::kIdentityInvalid));
    }
  }
  EXPECT_EQ(OrderCount(), 0U);
}

// OpenSSL refuses it in the handshake already.
TEST_F(IdentityTest, AServersCertificateDoesNotGetIn) {
  const auto answer = AgentWith({.subject_alt_name = std::string("URI:") + kWeb01,
                                 .extended_key_usage = "serverAuth"})
                          .Issue(IssueRequest());

  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(OrderCount(), 0U);
}

// The agents' CA decides who is an agent; what no rule grants, a stranger does not get either.
TEST_F(IdentityTest, AnAgentOfAnotherTrustDomainIsSomebodyElse) {
  const Order order = Issue();
  TestClient stranger = Agent("spiffe://example.com/agent/web-01");

  EXPECT_THAT(stranger.Issue(IssueRequest()).status, IsRefusal(Reason::kNameNotAuthorized));
  EXPECT_THAT(stranger.GetOrder("orders/" + order.id.ToString()).status,
              IsRefusal(Reason::kNotFound));
  EXPECT_EQ(OrderCount(), 1U);
}

TEST_F(IdentityTest, AgentsAreNoOperators) {
  TestClient agent = Agent();
  v1::CreateAccountRequest create;
  create.set_request_id(NewRequestId());
  create.set_parent("issuers/test-ca");
  create.set_account_id("second");
  create.set_terms_of_service_agreed(true);

  EXPECT_THAT(agent.Create(create).status, IsRefusal(Reason::kOperatorOnly));
  EXPECT_THAT(agent.GetAccount("issuers/test-ca/accounts/main").status,
              IsRefusal(Reason::kOperatorOnly));
  EXPECT_THAT(agent.List(v1::ListAccountsRequest()).status, IsRefusal(Reason::kOperatorOnly));
  EXPECT_THAT(agent.List(v1::ListCheckpointsRequest()).status, IsRefusal(Reason::kOperatorOnly));
  EXPECT_THAT(agent.List(v1::ListKeyUsesRequest()).status, IsRefusal(Reason::kOperatorOnly));
  EXPECT_EQ(Must(accounts().List({})).items.size(), 1U);
}

TEST_F(IdentityTest, AgentsChangeNoAccount) {
  TestClient agent = Agent();
  v1::UpdateAccountRequest update;
  v1::DeactivateAccountRequest deactivate;

  // Who may not call does not learn what would be wrong with the call.
  update.add_contacts("no contact");
  EXPECT_THAT(agent.Update(update).status, IsRefusal(Reason::kOperatorOnly));
  EXPECT_THAT(agent.Deactivate(deactivate).status, IsRefusal(Reason::kOperatorOnly));
  update.set_request_id(NewRequestId());
  update.set_name(account().ToString());
  update.set_contacts(0, "mailto:ops@example.org");
  deactivate.set_request_id(NewRequestId());
  deactivate.set_name(account().ToString());
  EXPECT_THAT(agent.Update(update).status, IsRefusal(Reason::kOperatorOnly));
  EXPECT_THAT(agent.Deactivate(deactivate).status, IsRefusal(Reason::kOperatorOnly));
  EXPECT_EQ(Must(accounts().Get(account())).change, AccountChange::kNone);
}

TEST_F(IdentityTest, OperatorsSeeEverythingAndAskForNoCertificate) {
  const Order order = Issue();
  TestClient one = Operator();

  EXPECT_THAT(one.GetOrder("orders/" + order.id.ToString()).status, IsAnswered());
  EXPECT_THAT(one.GetCertificate("certificates/" + order.certificate.ToString()).status,
              IsAnswered());
  const auto refused = one.Issue(IssueRequest());
  EXPECT_THAT(refused.status, IsRefusal(Reason::kAgentOnly));
  EXPECT_THAT(refused.status.error_message(), HasSubstr("certbroker-agent"));
  v1::RenewCertificateRequest renew;
  renew.set_request_id(NewRequestId());
  renew.set_name("certificates/" + order.certificate.ToString());
  EXPECT_THAT(one.Renew(renew).status, IsRefusal(Reason::kAgentOnly));
  EXPECT_EQ(OrderCount(), 1U);
}

// T6: the connection began while the certificate was good.
TEST_F(IdentityTest, AnOpenConnectionDoesNotOutliveItsCertificate) {
  TestClient agent = Agent();
  ASSERT_THAT(agent.Issue(IssueRequest()).status, IsAnswered());

  static_cast<FakeStores&>(harness()).clock().Advance(std::chrono::hours{24 * 365 * 20});

  EXPECT_THAT(agent.Issue(IssueRequest()).status, IsRefusal(Reason::kIdentityInvalid));
}

}  // namespace
}  // namespace certbroker::rpc
