// What belongs to another agent is not there (T4): whoever asks learns nothing from the answer.
#include <openssl/sha.h>

#include "tests/service/rpc/rpc_fixture.h"

namespace certbroker::rpc {
namespace {

constexpr const char* kAbsent = "01890000-0000-7000-8000-000000000000";
constexpr const char* kDer = "not really DER";

class OwnershipTest : public RpcTest {
 protected:
  // kWeb01's, issued; the DER of its certificate is kDer.
  Order Issued() {
    Issue();
    OrderCommit commit;
    commit.order = LeaseOne().order;
    commit.order.state = OrderState::kIssued;
    commit.issued = VersionFor(commit.order);
    commit.issued->sha256.resize(SHA256_DIGEST_LENGTH);
    SHA256(AsBytes(kDer).data(), AsBytes(kDer).size(), commit.issued->sha256.data());
    Must(queue().Commit(commit));
    return commit.order;
  }
  v1::RenewCertificateRequest RenewRequest(const std::string& certificate) {
    v1::RenewCertificateRequest request;
    request.set_request_id(NewRequestId());
    request.set_name("certificates/" + certificate);
    request.set_csr_der(std::string(AsText(MadeCsr({"www.example.org"}))));
    request.add_challenge_types("http-01");
    return request;
  }
  v1::RevokeCertificateRequest RevokeRequest(const std::string& certificate) {
    v1::RevokeCertificateRequest request;
    request.set_request_id(NewRequestId());
    request.set_name("certificates/" + certificate);
    request.set_reason_code(4);
    return request;
  }
  v1::RevokeCertificateRequest RevokeDerRequest(const std::string& der) {
    auto request = RevokeRequest("");
    request.set_certificate_der(der);
    return request;
  }
  // Of every RPC that takes a name.
  std::vector<grpc::Status> AskAbout(TestClient client, const std::string& order,
                                     const std::string& certificate, const std::string& der) {
    return {client.GetOrder("orders/" + order).status,
            client.WatchOrder("orders/" + order),
            client.Cancel("orders/" + order, NewRequestId()).status,
            client.GetCertificate("certificates/" + certificate).status,
            client.WatchCertificate("certificates/" + certificate),
            client.Renew(RenewRequest(certificate)).status,
            client.Revoke(RevokeRequest(certificate)).status,
            client.Revoke(RevokeDerRequest(der)).status};
  }
};

TEST_F(OwnershipTest, ForeignIsAnsweredLikeAbsentOctetForOctet) {
  const Order order = Issued();

  const auto foreign =
      AskAbout(Agent(kWeb02), order.id.ToString(), order.certificate.ToString(), kDer);
  const auto absent = AskAbout(Agent(kWeb02), kAbsent, kAbsent, "another");

  ASSERT_EQ(foreign.size(), absent.size());
  for (std::size_t i = 0; i < foreign.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_THAT(foreign[i], IsRefusal(Reason::kNotFound));
    EXPECT_EQ(foreign[i].error_code(), absent[i].error_code());
    EXPECT_EQ(foreign[i].error_message(), absent[i].error_message());
    EXPECT_EQ(foreign[i].error_details(), absent[i].error_details());
  }
  EXPECT_EQ(OrderCount(), 1U);
  EXPECT_FALSE(
      Must(certificates().Get(order.certificate, std::nullopt)).current()->revocation.has_value());
}

TEST_F(OwnershipTest, TheOwnerIsAnswered) {
  const Order order = Issued();
  TestClient owner = Agent();

  EXPECT_THAT(owner.GetOrder("orders/" + order.id.ToString()).status, IsAnswered());
  EXPECT_THAT(owner.GetCertificate("certificates/" + order.certificate.ToString()).status,
              IsAnswered());
  EXPECT_THAT(owner.Renew(RenewRequest(order.certificate.ToString())).status, IsAnswered());
  EXPECT_THAT(owner.Revoke(RevokeDerRequest(kDer)).status, IsAnswered());
  EXPECT_THAT(owner.Revoke(RevokeRequest(order.certificate.ToString())).status, IsAnswered());
}

TEST_F(OwnershipTest, ListsHoldOnesOwn) {
  const Order mine = Issue();
  Issue({.agent = kWeb02, .names = {"a.apps.example.org"}});

  const auto orders_of_mine = Agent().List(v1::ListOrdersRequest());
  const auto certificates_of_mine = Agent().List(v1::ListCertificatesRequest());

  ASSERT_EQ(orders_of_mine.value.orders_size(), 1);
  EXPECT_EQ(orders_of_mine.value.orders(0).name(), "orders/" + mine.id.ToString());
  ASSERT_EQ(certificates_of_mine.value.certificates_size(), 1);
  EXPECT_EQ(Operator().List(v1::ListOrdersRequest()).value.orders_size(), 2);
  EXPECT_EQ(Operator().List(v1::ListCertificatesRequest()).value.certificates_size(), 2);
}

TEST_F(OwnershipTest, NamesOfAnotherFormAreTold) {
  TestClient agent = Agent();
  for (const std::string& name : {std::string(), std::string("orders/"), std::string("orders/1"),
                                  "certificates/" + std::string(kAbsent), std::string(kAbsent),
                                  "orders/" + std::string(kAbsent) + "/x"}) {
    SCOPED_TRACE(name);
    for (const grpc::Status& status : {agent.GetOrder(name).status, agent.WatchOrder(name),
                                       agent.Cancel(name, NewRequestId()).status}) {
      EXPECT_THAT(status, IsRefusal(Reason::kInvalidArgument));
      EXPECT_THAT(FieldsOf(status), ::testing::ElementsAre("name"));
    }
  }
}

}  // namespace
}  // namespace certbroker::rpc
