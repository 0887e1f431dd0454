// fallback_issuers: what an order and its certificate keep of them, and what is refused.
#include <functional>

#include "tests/service/rpc/rpc_fixture.h"

namespace certbroker::rpc {
namespace {

using ::testing::ElementsAre;

class FallbackTest : public RpcTest {
 protected:
  // At test-ca first, then at other-ca.
  v1::IssueCertificateRequest FallbackRequest() {
    auto request = IssueRequest();
    request.set_issuer("issuers/test-ca");
    request.add_fallback_issuers("issuers/other-ca");
    return request;
  }
  v1::RenewCertificateRequest RenewalOf(const std::string& name) {
    v1::RenewCertificateRequest request;
    request.set_request_id(NewRequestId());
    request.set_name(name);
    request.set_csr_der(std::string(AsText(MadeCsr({"www.example.org"}))));
    request.add_challenge_types("http-01");
    return request;
  }
  void MakeOtherAccount() { MakeAccount("main", AccountState::kValid, "other-ca"); }
};

TEST_F(FallbackTest, OrderAndCertificateShowThem) {
  MakeOtherAccount();

  const auto order = Agent().Issue(FallbackRequest());

  ASSERT_THAT(order.status, IsAnswered());
  EXPECT_EQ(order.value.issuer(), "issuers/test-ca");
  EXPECT_THAT(order.value.fallback_issuers(), ElementsAre("issuers/other-ca"));
  const auto certificate = Agent().GetCertificate(order.value.certificate());
  ASSERT_THAT(certificate.status, IsAnswered());
  EXPECT_EQ(certificate.value.issuer(), "issuers/test-ca");
  EXPECT_THAT(certificate.value.fallback_issuers(), ElementsAre("issuers/other-ca"));
}

TEST_F(FallbackTest, AnOrderThatHasMovedOnIsAtTheOtherIssuer) {
  MakeOtherAccount();
  const auto placed = Agent().Issue(FallbackRequest());
  Order moved = LeaseOne().order;
  moved.issuer = IssuerId("other-ca");
  moved.account = moved.fallbacks.at(0);
  moved.fallbacks.clear();
  ++moved.attempt;
  Must(Commit(moved, 0ms));

  const auto order = Agent().GetOrder(placed.value.name());

  ASSERT_THAT(order.status, IsAnswered());
  EXPECT_EQ(order.value.issuer(), "issuers/other-ca");
  EXPECT_EQ(order.value.account(), "issuers/other-ca/accounts/main");
  EXPECT_THAT(order.value.fallback_issuers(), ElementsAre());
  EXPECT_EQ(Agent().GetCertificate(placed.value.certificate()).value.issuer(), "issuers/test-ca");
}

TEST_F(FallbackTest, ARenewalHasThoseOfItsCertificate) {
  MakeOtherAccount();
  const auto issued = Agent().Issue(FallbackRequest());
  FinishDueOrder();

  const auto renewal = Agent().Renew(RenewalOf(issued.value.certificate()));

  ASSERT_THAT(renewal.status, IsAnswered());
  EXPECT_EQ(renewal.value.issuer(), "issuers/test-ca");
  EXPECT_THAT(renewal.value.fallback_issuers(), ElementsAre("issuers/other-ca"));
}

TEST_F(FallbackTest, WhatCannotBeFallenBackToIsRefused) {
  MakeOtherAccount();
  const struct {
    std::string name;
    std::function<void(v1::IssueCertificateRequest&)> change;
    Reason reason;
  } kCases[] = {
      {"no issuer before it", [](auto& r) { r.clear_issuer(); }, Reason::kInvalidArgument},
      {"the issuer itself", [](auto& r) { r.set_fallback_issuers(0, "issuers/test-ca"); },
       Reason::kInvalidArgument},
      {"twice the same", [](auto& r) { r.add_fallback_issuers("issuers/other-ca"); },
       Reason::kInvalidArgument},
      {"another form", [](auto& r) { r.set_fallback_issuers(0, "other-ca"); },
       Reason::kInvalidArgument},
      {"not granted", [](auto& r) { r.set_fallback_issuers(0, "issuers/third-ca"); },
       Reason::kIssuerNotAllowed},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    auto request = FallbackRequest();
    c.change(request);
    const auto refused = Agent().Issue(request);
    EXPECT_THAT(refused.status, IsRefusal(c.reason));
    if (c.reason == Reason::kInvalidArgument) {
      EXPECT_THAT(FieldsOf(refused.status), ElementsAre("fallback_issuers"));
    }
  }
  EXPECT_EQ(OrderCount(), 0U);
}

TEST_F(FallbackTest, AFallbackWithoutAValidAccountIsRefused) {
  EXPECT_THAT(Agent().Issue(FallbackRequest()).status, IsRefusal(Reason::kAccountNotReady));
  EXPECT_EQ(OrderCount(), 0U);
}

}  // namespace
}  // namespace certbroker::rpc
