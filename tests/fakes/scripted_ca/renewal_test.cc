#include "tests/fakes/scripted_ca/issued_chain.h"
#include "tests/fakes/scripted_ca/scripted_ca_fixture.h"

namespace certbroker::scripted_ca {
namespace {

Bytes LeafOf(const std::string& pem) {
  const auto leaf = ReadPem(pem).at(0);
  Bytes der(static_cast<std::size_t>(i2d_X509(leaf.get(), nullptr)));
  unsigned char* out = der.data();
  i2d_X509(leaf.get(), &out);
  return der;
}

class RenewalTest : public ScriptedCaTest {
 protected:
  Reply Revoke(RawClient& client, const Bytes& der, int reason, const Envelope& envelope = {}) {
    const Json payload = {{"certificate", Base64Url(der)}, {"reason", reason}};
    return client.Post(client.At("revokeCert"), payload.dump(), envelope);
  }
  std::string RenewalUrl(std::size_t index) {
    return client_->At("renewalInfo") + "/" + ca_->certificates().at(index).renewal_id;
  }
};

// RFC 8555 §7.6.
TEST_F(RenewalTest, TheAccountRevokesOnceAndForAReasonThatIsAllowed) {
  options_.revocation_reasons = {0, 1, 4, 5};
  Start();
  const Bytes leaf = LeafOf(client_->Issue({"a.example.com"}).body);

  EXPECT_EQ(Revoke(*client_, leaf, 7).problem(), "badRevocationReason");
  EXPECT_EQ(Revoke(*client_, leaf, 4).status, 200);
  EXPECT_EQ(ca_->certificates()[0].revoked, 4);
  EXPECT_EQ(Revoke(*client_, leaf, 4).problem(), "alreadyRevoked");
  Bytes other = leaf;
  other.back() ^= 1;
  EXPECT_EQ(Revoke(*client_, other, 4).status, 404);
}

TEST_F(RenewalTest, TheKeyOfTheCertificateRevokesAsCompromised) {
  Start();
  const ClientKey key = ClientKey::P256();
  const Json order = ReadyOrder({"a.example.com"});
  const Reply finalized = client_->Finalize(order, MakeCsr(key, {"a.example.com"}));
  const Bytes leaf = LeafOf(client_->Post(finalized.json()["certificate"], "").body);
  const auto stranger = NewClient(ClientKey::P256());
  const auto owner = NewClient(key);

  EXPECT_EQ(Revoke(*stranger, leaf, 0, {.use_jwk = true}).problem(), "unauthorized");
  EXPECT_EQ(Revoke(*owner, leaf, 0, {.use_jwk = true}).status, 200);
  EXPECT_EQ(ca_->certificates()[0].revoked, 1);
}

TEST_F(RenewalTest, AnotherAccountRevokesOnlyWhenItHoldsAllNames) {
  Start();
  const Bytes leaf = LeafOf(client_->Issue({"a.example.com", "b.example.com"}).body);
  const auto other = NewClient(ClientKey::P256());
  other->Register();

  other->Prove(other->NewOrder({"a.example.com"}).json());
  EXPECT_EQ(Revoke(*other, leaf, 0).problem(), "unauthorized");
  other->Prove(other->NewOrder({"b.example.com"}).json());
  EXPECT_EQ(Revoke(*other, leaf, 0).status, 200);
}

// RFC 9773 §4.
TEST_F(RenewalTest, TheWindowLiesAtTwoThirdsOfTheLifetime) {
  Start();
  client_->Issue({"a.example.com"});

  const Reply info = client_->Get(RenewalUrl(0));

  ASSERT_EQ(info.status, 200);
  EXPECT_EQ(info.Header("retry-after"), "21600");
  // 90 days from 06:30: centre at day 60, 21.6 h to both sides.
  EXPECT_EQ(info.json()["suggestedWindow"]["start"], "2027-01-19T08:54:00Z");
  EXPECT_EQ(info.json()["suggestedWindow"]["end"], "2027-01-21T04:06:00Z");
  EXPECT_EQ(client_->Get(client_->At("renewalInfo") + "/AAAA.AAAA").status, 404);
}

TEST_F(RenewalTest, ARevokedCertificateShouldHaveBeenRenewedAlready) {
  Start();
  client_->Issue({"a.example.com"});
  ASSERT_TRUE(ca_->Revoke(ca_->certificates()[0].serial, 1));

  const Json window = client_->Get(RenewalUrl(0)).json()["suggestedWindow"];

  EXPECT_EQ(window["start"], "2026-11-21T06:30:00Z");
  EXPECT_EQ(window["end"], "2026-11-21T07:00:00Z");
}

TEST_F(RenewalTest, DocumentsOfAnyShapeCanBeSet) {
  Start();
  client_->Issue({"a.example.com"});
  client_->Issue({"b.example.com"});
  ca_->SetRenewalInfo(ca_->certificates()[0].renewal_id,
                      {.status = 200, .content_type = "text/html", .body = "<html>"});
  ca_->SetRenewalInfo("", {.status = 500});

  EXPECT_EQ(client_->Get(RenewalUrl(0)).body, "<html>");
  EXPECT_EQ(client_->Get(RenewalUrl(1)).status, 500);
}

// RFC 9773 §5.
TEST_F(RenewalTest, ACertificateIsReplacedOnce) {
  Start();
  client_->Issue({"a.example.com"});
  const std::string old = ca_->certificates()[0].renewal_id;
  const auto other = NewClient(ClientKey::P256());
  other->Register();

  EXPECT_EQ(client_->NewOrder({"b.example.com"}, {{"replaces", old}}).problem(), "malformed");
  EXPECT_EQ(other->NewOrder({"a.example.com"}, {{"replaces", old}}).problem(), "unauthorized");
  EXPECT_EQ(client_->NewOrder({"a.example.com"}, {{"replaces", "AAAA.AAAA"}}).status, 404);
  const Reply replacing =
      client_->NewOrder({"a.example.com", "c.example.com"}, {{"replaces", old}});
  EXPECT_EQ(replacing.json()["replaces"], old);
  const Reply again = client_->NewOrder({"a.example.com"}, {{"replaces", old}});
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(again.problem(), "alreadyReplaced");
}

TEST_F(RenewalTest, ACertificateWhoseReplacementFailedCanBeReplacedAgain) {
  Start();
  client_->Issue({"a.example.com"});
  const std::string old = ca_->certificates()[0].renewal_id;
  const Json failed = client_->NewOrder({"a.example.com"}, {{"replaces", old}}).json();
  client_->Post(failed["authorizations"][0], R"({"status":"deactivated"})");

  EXPECT_EQ(client_->NewOrder({"a.example.com"}, {{"replaces", old}}).status, 201);
}

}  // namespace
}  // namespace certbroker::scripted_ca
