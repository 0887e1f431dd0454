// IssueCertificate, RenewCertificate and RevokeCertificate: what is accepted, and that what is
// refused leaves no order.
#include <functional>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "tests/service/rpc/rpc_fixture.h"

namespace certbroker::rpc {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A CSR without names for a key that MadeCsr does not make.
std::string CsrFor(EVP_PKEY* key) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> owned(key, EVP_PKEY_free);
  const std::unique_ptr<X509_REQ, decltype(&X509_REQ_free)> request(X509_REQ_new(), X509_REQ_free);
  X509_REQ_set_pubkey(request.get(), key);
  X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("www.example.org"), -1, -1, 0);
  const EVP_MD* digest = EVP_PKEY_is_a(key, "ED25519") == 1 ? nullptr : EVP_sha256();
  EXPECT_GT(X509_REQ_sign(request.get(), key, digest), 0);
  std::string der(static_cast<std::size_t>(i2d_X509_REQ(request.get(), nullptr)), '\0');
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  i2d_X509_REQ(request.get(), &out);
  return der;
}

class IssueTest : public RpcTest {
 protected:
  struct Refused {
    std::string name;
    std::function<void(v1::IssueCertificateRequest&)> change;
    Reason reason;
  };
  void EachIsRefusedWithoutAnOrder(const std::vector<Refused>& cases) {
    TestClient agent = Agent();
    for (const Refused& c : cases) {
      SCOPED_TRACE(c.name);
      auto request = IssueRequest();
      c.change(request);
      EXPECT_THAT(agent.Issue(request).status, IsRefusal(c.reason));
    }
    EXPECT_EQ(OrderCount(), 0U);
    EXPECT_EQ(Must(certificates().List({}, {})).items.size(), 0U);
  }
  // The request asks for this name, with a CSR for a good one.
  static std::function<void(v1::IssueCertificateRequest&)> Name(const std::string& name) {
    return [name](v1::IssueCertificateRequest& request) { request.set_identifiers(0, name); };
  }
  static std::function<void(v1::IssueCertificateRequest&)> Csr(const std::string& der) {
    return [der](v1::IssueCertificateRequest& request) { request.set_csr_der(der); };
  }
  static std::string Der(const std::vector<std::string>& names) {
    return std::string(AsText(MadeCsr(names)));
  }
  // The certificate that this makes, of kWeb01.
  std::string IssuedName() { return "certificates/" + IssueCompletely().certificate.ToString(); }
  v1::RenewCertificateRequest RenewRequest(const std::string& name) {
    v1::RenewCertificateRequest request;
    request.set_request_id(NewRequestId());
    request.set_name(name);
    request.set_csr_der(Der({"www.example.org"}));
    request.add_challenge_types("http-01");
    return request;
  }
  v1::RevokeCertificateRequest RevokeRequest(const std::string& name) {
    v1::RevokeCertificateRequest request;
    request.set_request_id(NewRequestId());
    request.set_name(name);
    request.set_reason_code(1);
    return request;
  }
};

TEST_F(IssueTest, AnAcceptedRequestIsAQueuedOrder) {
  auto request = IssueRequest({"www.example.org", "a.apps.example.org"});
  request.set_issuer("issuers/test-ca");
  request.set_profile("short");

  const auto order = Agent().Issue(request);

  ASSERT_THAT(order.status, IsAnswered());
  EXPECT_EQ(order.value.state(), v1::ORDER_STATE_QUEUED);
  EXPECT_EQ(order.value.request_id(), request.request_id());
  EXPECT_THAT(order.value.identifiers(), ElementsAre("a.apps.example.org", "www.example.org"));
  EXPECT_EQ(order.value.issuer(), "issuers/test-ca");
  EXPECT_EQ(order.value.account(), "issuers/test-ca/accounts/main");
  EXPECT_EQ(order.value.profile(), "short");
  EXPECT_EQ(order.value.policy_rule(), "web");
  EXPECT_EQ(order.value.events_size(), 1);
  EXPECT_FALSE(order.value.renewal());
  EXPECT_EQ(Agent().GetOrder(order.value.name()).value.SerializeAsString(),
            order.value.SerializeAsString());
}

TEST_F(IssueTest, UpperCaseAndATrailingDotAreNormalised) {
  auto request = IssueRequest();
  request.set_identifiers(0, "WWW.Example.ORG.");
  const auto order = Agent().Issue(request);

  ASSERT_THAT(order.status, IsAnswered());
  EXPECT_THAT(order.value.identifiers(), ElementsAre("www.example.org"));
}

TEST_F(IssueTest, BadNamesAreRefused) {
  const std::string long_name = [] {
    std::string text;
    while (text.size() < 250) text += std::string(49, 'a') + ".";
    return text + "example.org";
  }();
  EachIsRefusedWithoutAnOrder({
      {"not granted",
       [](auto& request) {
         request.set_identifiers(0, "other.example.org");
         request.set_csr_der(Der({"other.example.org"}));
       },
       Reason::kNameNotAuthorized},
      {"wildcard not granted",
       [](auto& request) {
         request.set_identifiers(0, "*.example.org");
         request.set_csr_der(Der({"*.example.org"}));
       },
       Reason::kNameNotAuthorized},
      {"underscore", Name("_x.example.org"), Reason::kNameInvalid},
      {"empty label", Name("www..example.org"), Reason::kNameInvalid},
      {"leading dot", Name(".example.org"), Reason::kNameInvalid},
      {"wildcard in the middle", Name("www.*.example.org"), Reason::kNameInvalid},
      {"wildcard in a label", Name("w*.example.org"), Reason::kNameInvalid},
      {"longer than 253", Name(long_name), Reason::kNameInvalid},
      {"label longer than 63", Name(std::string(64, 'a') + ".example.org"), Reason::kNameInvalid},
      {"no host's address", Name("0.0.0.0"), Reason::kNameInvalid},
      {"a hyphen in front", Name("-a.example.org"), Reason::kNameInvalid},
      {"a space", Name("www .example.org"), Reason::kNameInvalid},
      {"empty", Name(""), Reason::kNameInvalid},
      {"none", [](auto& request) { request.clear_identifiers(); }, Reason::kInvalidArgument},
      {"101",
       [](auto& request) {
         for (int i = 0; i < 100; ++i) request.add_identifiers("www.example.org");
       },
       Reason::kInvalidArgument},
  });
}

TEST_F(IssueTest, AULabelIsToldItsALabel) {
  auto request = IssueRequest();
  request.set_identifiers(0, "münchen.example.org");

  const auto refused = Agent().Issue(request);

  EXPECT_THAT(refused.status, IsRefusal(Reason::kNameInvalid));
  EXPECT_THAT(refused.status.error_message(), HasSubstr("xn--mnchen-3ya.example.org"));
  EXPECT_EQ(OrderCount(), 0U);
  EXPECT_THAT(Agent().Issue(IssueRequest({"xn--mnchen-3ya.example.org"})).status, IsAnswered());
}

// What cannot be proven is refused before a CA hears of it.
TEST_F(IssueTest, NamesThatNothingCanProveAreRefused) {
  auto request = IssueRequest();
  request.clear_challenge_types();
  const auto refused = Agent().Issue(request);
  EXPECT_THAT(refused.status, IsRefusal(Reason::kChallengeUnsupported));
  EXPECT_THAT(refused.status.error_message(), HasSubstr("--http-listen"));
  EXPECT_EQ(OrderCount(), 0U);

  request.add_challenge_types("tls-alpn-01");
  EXPECT_THAT(Agent().Issue(request).status, IsAnswered());
}

TEST_F(IssueTest, AnAgentServesNoDnsChallenges) {
  auto request = IssueRequest();
  request.add_challenge_types("dns-01");
  EXPECT_THAT(Agent().Issue(request).status, IsRefusal(Reason::kInvalidArgument));
}

TEST_F(IssueTest, BadCsrsAreRefused) {
  std::string wrong_signature = Der({"www.example.org"});
  wrong_signature.back() = static_cast<char>(wrong_signature.back() ^ 1);
  EachIsRefusedWithoutAnOrder({
      {"absent", Csr(""), Reason::kCsrInvalid},
      {"not DER", Csr("-----BEGIN CERTIFICATE REQUEST-----"), Reason::kCsrInvalid},
      {"cut short", Csr(Der({"www.example.org"}).substr(0, 100)), Reason::kCsrInvalid},
      {"something after it", Csr(Der({"www.example.org"}) + "x"), Reason::kCsrInvalid},
      {"wrong signature", Csr(wrong_signature), Reason::kCsrInvalid},
      {"over 16 KiB", Csr(Der({"www.example.org"}) + std::string(16'384, '\0')),
       Reason::kCsrInvalid},
      {"other names", Csr(Der({"a.apps.example.org"})), Reason::kCsrNameMismatch},
      {"more names", Csr(Der({"www.example.org", "a.apps.example.org"})), Reason::kCsrNameMismatch},
      {"fewer names", [](auto& request) { request.add_identifiers("a.apps.example.org"); },
       Reason::kCsrNameMismatch},
      {"RSA 1024", Csr(CsrFor(EVP_RSA_gen(1024U))), Reason::kKeyTypeNotAllowed},
      {"P-521", Csr(CsrFor(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-521"))),
       Reason::kKeyTypeNotAllowed},
      {"Ed25519", Csr(CsrFor(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"))),
       Reason::kKeyTypeNotAllowed},
  });
}

TEST_F(IssueTest, BadFieldsAreRefused) {
  EachIsRefusedWithoutAnOrder({
      {"no request_id", [](auto& request) { request.clear_request_id(); },
       Reason::kInvalidArgument},
      {"request_id is no UUID", [](auto& request) { request.set_request_id("1"); },
       Reason::kInvalidArgument},
      {"issuer of another form", [](auto& request) { request.set_issuer("test-ca"); },
       Reason::kInvalidArgument},
      {"issuer with a slash", [](auto& request) { request.set_issuer("issuers/a/b"); },
       Reason::kInvalidArgument},
      {"issuer not allowed", [](auto& request) { request.set_issuer("issuers/other"); },
       Reason::kIssuerNotAllowed},
      {"profile not allowed", [](auto& request) { request.set_profile("long"); },
       Reason::kProfileNotAllowed},
  });
}

TEST_F(IssueTest, TheFieldThatIsWrongIsNamed) {
  auto request = IssueRequest();
  request.set_request_id("x");
  EXPECT_THAT(FieldsOf(Agent().Issue(request).status), ElementsAre("request_id"));
  request = IssueRequest();
  request.set_issuer("x");
  EXPECT_THAT(FieldsOf(Agent().Issue(request).status), ElementsAre("issuer"));
  request = IssueRequest({"www.example.org", "a.apps.example.org"});
  request.set_identifiers(1, "_a.apps.example.org");
  EXPECT_THAT(FieldsOf(Agent().Issue(request).status), Contains(HasSubstr("_a.apps.example.org")));
}

TEST_F(IssueTest, TheSameRequestGivesTheSameOrder) {
  const auto request = IssueRequest();

  const auto first = Agent().Issue(request);
  const auto again = Agent().Issue(request);

  ASSERT_THAT(first.status, IsAnswered());
  ASSERT_THAT(again.status, IsAnswered());
  EXPECT_EQ(again.value.name(), first.value.name());
  EXPECT_EQ(OrderCount(), 1U);
}

TEST_F(IssueTest, ARequestIdIsForOneRequest) {
  auto request = IssueRequest();
  ASSERT_THAT(Agent().Issue(request).status, IsAnswered());
  request.set_profile("short");

  EXPECT_THAT(Agent().Issue(request).status, IsRefusal(Reason::kDuplicateRequestId));
  EXPECT_EQ(OrderCount(), 1U);
  // Another agent's request_ids are its own.
  EXPECT_THAT(Agent(kWeb02).Issue(request).status, IsAnswered());
}

TEST_F(IssueTest, ARequestIdOfAnotherMethodIsUsedUp) {
  const auto request = IssueRequest();
  const auto order = Agent().Issue(request);

  EXPECT_THAT(Agent().Cancel(order.value.name(), request.request_id()).status,
              IsRefusal(Reason::kDuplicateRequestId));
}

TEST_F(IssueTest, WithoutAValidAccountNothingIsStored) {
  MakeAccount("main2", AccountState::kPending);
  auto deps = Deps();
  deps.account_of = [](const IssuerId&) -> Result<AccountName> {
    return AccountName("issuers/test-ca/accounts/main2");
  };
  StartServer(Listeners(), deps);

  EXPECT_THAT(Agent().Issue(IssueRequest()).status, IsRefusal(Reason::kAccountNotReady));
  EXPECT_EQ(OrderCount(), 0U);
}

TEST_F(IssueTest, RenewIsTheNextOrderOfTheCertificate) {
  const std::string name = IssuedName();

  const auto renewal = Agent().Renew(RenewRequest(name));

  ASSERT_THAT(renewal.status, IsAnswered());
  EXPECT_EQ(renewal.value.certificate(), name);
  EXPECT_TRUE(renewal.value.renewal());
  EXPECT_THAT(Agent().Renew(RenewRequest(name)).status, IsRefusal(Reason::kOrderInProgress));
  auto other = RenewRequest(name);
  other.set_csr_der(Der({"a.apps.example.org"}));
  EXPECT_THAT(Agent().Renew(other).status, IsRefusal(Reason::kCsrNameMismatch));
  EXPECT_EQ(OrderCount(), 2U);
}

TEST_F(IssueTest, RevokingTwiceIsAnAnswer) {
  const std::string name = IssuedName();

  const auto first = Agent().Revoke(RevokeRequest(name));
  const auto second = Agent().Revoke(RevokeRequest(name));

  ASSERT_THAT(first.status, IsAnswered());
  ASSERT_THAT(second.status, IsAnswered());
  EXPECT_EQ(first.value.current().revocation().state(), v1::Revocation::REVOKE_REQUESTED);
  EXPECT_EQ(first.value.current().revocation().requested_by(), kWeb01);
  EXPECT_EQ(second.value.SerializeAsString(), first.value.SerializeAsString());
}

TEST_F(IssueTest, RevokingNeedsAReasonAndACertificate) {
  const std::string name = IssuedName();
  auto request = RevokeRequest(name);
  request.clear_reason_code();
  EXPECT_THAT(FieldsOf(Agent().Revoke(request).status), ElementsAre("reason_code"));
  for (const int code : {-1, 2, 6, 8, 9, 10, 11, 1000}) {
    request.set_reason_code(code);
    EXPECT_THAT(FieldsOf(Agent().Revoke(request).status), ElementsAre("reason_code")) << code;
  }
  request.set_reason_code(0);
  request.clear_target();
  EXPECT_THAT(FieldsOf(Agent().Revoke(request).status), ElementsAre("name"));
  request.set_name(Agent().Issue(IssueRequest({"a.apps.example.org"})).value.certificate());
  EXPECT_THAT(Agent().Revoke(request).status, IsRefusal(Reason::kCertificateNotIssued));
}

TEST_F(IssueTest, CancelEndsAnOrderOnce) {
  const auto order = Agent().Issue(IssueRequest());
  const std::string request_id = NewRequestId();

  const auto cancelled = Agent().Cancel(order.value.name(), request_id);
  const auto again = Agent().Cancel(order.value.name(), request_id);

  ASSERT_THAT(cancelled.status, IsAnswered());
  EXPECT_EQ(cancelled.value.state(), v1::ORDER_STATE_CANCELLED);
  EXPECT_THAT(again.status, IsAnswered());
  EXPECT_THAT(Agent().Cancel(order.value.name(), NewRequestId()).status,
              IsRefusal(Reason::kOrderFinal));
  EXPECT_THAT(FieldsOf(Agent().Cancel(order.value.name(), "x").status), ElementsAre("request_id"));
}

}  // namespace
}  // namespace certbroker::rpc
