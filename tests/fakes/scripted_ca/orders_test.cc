#include "tests/fakes/scripted_ca/scripted_ca_fixture.h"

namespace certbroker::scripted_ca {
namespace {

using ::testing::SizeIs;

TEST_F(ScriptedCaTest, AnOrderGoesFromPendingOverReadyToValid) {
  Start();
  const Reply placed = client_->NewOrder({"a.example.com"});
  const Reply early = FinalizeWith(placed.json(), {"a.example.com"});
  client_->Prove(placed.json());
  const Reply ready = client_->Post(placed.Header("location"), "");
  const Reply finalized = FinalizeWith(ready.json(), {"a.example.com"});
  const Reply late = FinalizeWith(ready.json(), {"a.example.com"});

  EXPECT_EQ(placed.status, 201);
  EXPECT_EQ(placed.json()["status"], "pending");
  EXPECT_EQ(early.status, 403);
  EXPECT_EQ(early.problem(), "orderNotReady");
  EXPECT_EQ(ready.json()["status"], "ready");
  EXPECT_EQ(finalized.json()["status"], "valid");
  EXPECT_EQ(late.problem(), "orderNotReady");
  EXPECT_EQ(ca_->orders()[0].finalizations, 1);
}

TEST_F(ScriptedCaTest, IssuanceAndValidationTakeTheirTime) {
  options_.validation_time = std::chrono::seconds{3};
  options_.issuance_time = std::chrono::seconds{5};
  options_.retry_after_form = RetryAfterForm::kDate;
  options_.retry_after = std::chrono::seconds{5};
  Start();
  const Reply placed = client_->NewOrder({"a.example.com"});
  client_->Prove(placed.json());
  const std::string authorization = placed.json()["authorizations"][0];

  const Json validating = client_->Post(authorization, "").json();
  EXPECT_EQ(validating["status"], "pending");
  EXPECT_EQ(validating["challenges"][0]["status"], "processing");
  clock_.Advance(std::chrono::seconds{3});
  EXPECT_EQ(client_->Post(authorization, "").json()["status"], "valid");

  const Reply finalized = FinalizeWith(placed.json(), {"a.example.com"});
  EXPECT_EQ(finalized.json()["status"], "processing");
  EXPECT_EQ(finalized.Header("retry-after"), "Sat, 21 Nov 2026 07:30:08 GMT");
  clock_.Advance(std::chrono::seconds{5});
  EXPECT_EQ(client_->Post(placed.Header("location"), "").json()["status"], "valid");
}

TEST_F(ScriptedCaTest, AFailedValidationEndsTheOrder) {
  options_.validation = Validation::kAlwaysInvalid;
  Start();
  const Reply placed = client_->NewOrder({"a.example.com"});
  client_->Prove(placed.json());

  const Json order = client_->Post(placed.Header("location"), "").json();
  const Json authorization = client_->Post(order["authorizations"][0], "").json();

  EXPECT_EQ(order["status"], "invalid");
  EXPECT_EQ(order["error"]["type"], "urn:ietf:params:acme:error:unauthorized");
  EXPECT_EQ(authorization["status"], "invalid");
  ASSERT_THAT(authorization["challenges"], SizeIs(1)) << "the one that failed";
  EXPECT_EQ(authorization["challenges"][0]["status"], "invalid");
}

// RFC 8555 §7.5.2.
TEST_F(ScriptedCaTest, ADeactivatedAuthorizationEndsTheOrder) {
  Start();
  const Reply placed = client_->NewOrder({"a.example.com"});
  const std::string url = placed.json()["authorizations"][0];

  const Reply deactivated = client_->Post(url, R"({"status":"deactivated"})");

  EXPECT_EQ(deactivated.json()["status"], "deactivated");
  EXPECT_EQ(client_->Post(placed.Header("location"), "").json()["status"], "invalid");
  EXPECT_EQ(client_->Post(url, R"({"status":"deactivated"})").problem(), "malformed");
}

TEST_F(ScriptedCaTest, OrdersAndAuthorizationsExpire) {
  options_.profiles["short"].order_lifetime = std::chrono::hours{8};
  options_.profiles["short"].pending_authorization_lifetime = std::chrono::hours{1};
  options_.profiles["short"].authorization_lifetime = std::chrono::hours{7};
  Start();
  const Json unproven = client_->NewOrder({"a.example.com"}).json();
  const Json proven = ReadyOrder({"b.example.com"});

  clock_.Advance(std::chrono::hours{1});
  EXPECT_EQ(client_->Post(unproven["authorizations"][0], "").json()["status"], "invalid");
  clock_.Advance(std::chrono::hours{6});
  EXPECT_EQ(client_->Post(proven["authorizations"][0], "").json()["status"], "expired");
  EXPECT_EQ(FinalizeWith(proven, {"b.example.com"}).problem(), "orderNotReady");
}

TEST_F(ScriptedCaTest, TheRequestHasToFitTheOrder) {
  Start();
  const Json order = ReadyOrder({"a.example.com"});
  const ClientKey key = ClientKey::P256();
  const Bytes good = MakeCsr(key, {"a.example.com"});
  Bytes broken = good;
  broken.back() ^= 1;

  EXPECT_EQ(client_->Finalize(order, MakeCsr(key, {"b.example.com"})).problem(), "badCSR");
  EXPECT_EQ(client_->Finalize(order, MakeCsr(key, {"a.example.com", "b.example.com"})).problem(),
            "badCSR");
  EXPECT_EQ(client_->Finalize(order, broken).problem(), "badCSR");
  EXPECT_EQ(client_->Finalize(order, MakeCsr(ClientKey::Rsa(1024), {"a.example.com"})).problem(),
            "badCSR");
  EXPECT_EQ(client_->Finalize(order, MakeCsr(client_->key(), {"a.example.com"})).problem(),
            "badPublicKey");
  EXPECT_EQ(
      client_->Finalize(order, MakeCsr(key, {"a.example.com"}, {{"tlsfeature", "status_request"}}))
          .problem(),
      "unauthorized")
      << "must-staple";
  EXPECT_EQ(client_->Finalize(order, good).status, 200) << "refusals leave the order ready";
}

TEST_F(ScriptedCaTest, RefusesIdentifiersItCannotCertify) {
  options_.blocked_names = {"blocked.example.com"};
  Start();

  const Reply blocked = client_->NewOrder({"a.example.com", "blocked.example.com"});
  const Reply type = client_->Post(client_->At("newOrder"),
                                   R"({"identifiers":[{"type":"mail","value":"a@b.example"}]})");

  EXPECT_EQ(blocked.problem(), "rejectedIdentifier");
  EXPECT_EQ(blocked.json()["subproblems"][0]["identifier"]["value"], "blocked.example.com");
  EXPECT_EQ(type.problem(), "unsupportedIdentifier");
  for (const char* name : {"single", "under_score.example.com", "a..example.com", "-a.example.com",
                           "a.*.example.com", "host.123"}) {
    SCOPED_TRACE(name);
    EXPECT_EQ(client_->NewOrder({name}).problem(), "rejectedIdentifier");
  }
  EXPECT_EQ(client_->Post(client_->At("newOrder"), R"({"identifiers":[]})").problem(), "malformed");
  EXPECT_EQ(client_->NewOrder({"a.example.com"}, {{"notAfter", "2027-01-01T00:00:00Z"}}).problem(),
            "malformed");
}

TEST_F(ScriptedCaTest, NamesAreFoldedSortedAndTakenOnce) {
  Start();

  const Json order = client_->NewOrder({"B.example.com", "a.example.com", "b.example.com"}).json();

  ASSERT_THAT(order["identifiers"], SizeIs(2));
  EXPECT_EQ(order["identifiers"][0]["value"], "a.example.com");
  EXPECT_EQ(order["identifiers"][1]["value"], "b.example.com");
}

TEST_F(ScriptedCaTest, ProvenNamesMakeOrdersThatAreBornReady) {
  options_.authorization_reuse_percent = 100;
  Start();
  client_->Issue({"a.example.com"});

  const Json again = client_->NewOrder({"a.example.com"}).json();
  const Json wider = client_->NewOrder({"a.example.com", "b.example.com"}).json();

  EXPECT_EQ(again["status"], "ready");
  EXPECT_EQ(wider["status"], "pending");
}

TEST_F(ScriptedCaTest, APendingOrderIsHandedOutAgain) {
  options_.reuse_pending_orders = true;
  Start();
  const Reply first = client_->NewOrder({"a.example.com", "b.example.com"});
  const auto other = NewClient(ClientKey::P256());
  other->Register();

  const std::string location = first.Header("location");

  EXPECT_EQ(client_->NewOrder({"b.example.com", "a.example.com"}).Header("location"), location);
  EXPECT_NE(client_->NewOrder({"a.example.com"}).Header("location"), location);
  EXPECT_NE(other->NewOrder({"a.example.com", "b.example.com"}).Header("location"), location);
  client_->Prove(first.json());
  FinalizeWith(first.json(), {"a.example.com", "b.example.com"});
  EXPECT_NE(client_->NewOrder({"b.example.com", "a.example.com"}).Header("location"), location)
      << "it is valid now";
}

TEST_F(ScriptedCaTest, AReplicaThatLagsKnowsNothingNew) {
  options_.lag.order = std::chrono::seconds{2};
  options_.lag.authorization = std::chrono::seconds{2};
  options_.lag.certificate = std::chrono::seconds{2};
  Start();
  const Reply placed = client_->NewOrder({"a.example.com"});
  const std::string authorization = placed.json()["authorizations"][0];

  EXPECT_EQ(client_->Post(placed.Header("location"), "").status, 404);
  EXPECT_EQ(client_->Post(authorization, "").status, 404);
  clock_.Advance(std::chrono::seconds{2});
  EXPECT_EQ(client_->Post(authorization, "").status, 200);
  client_->Prove(placed.json());
  const std::string certificate =
      FinalizeWith(placed.json(), {"a.example.com"}).json()["certificate"];
  EXPECT_EQ(client_->Post(certificate, "").status, 404);
  clock_.Advance(std::chrono::seconds{2});
  EXPECT_EQ(client_->Post(certificate, "").status, 200);
}

TEST_F(ScriptedCaTest, ANewAccountMayNotBeKnownEverywhere) {
  options_.lag.account = std::chrono::seconds{2};
  Start();

  EXPECT_EQ(client_->NewOrder({"a.example.com"}).problem(), "accountDoesNotExist");
  clock_.Advance(std::chrono::seconds{2});
  EXPECT_EQ(client_->NewOrder({"a.example.com"}).status, 201);
}

TEST_F(ScriptedCaTest, PokingTwiceIsHarmlessAndAnythingButAnEmptyObjectIsRefused) {
  options_.validation_time = std::chrono::seconds{3};
  Start();
  const Json order = client_->NewOrder({"a.example.com"}).json();
  const Json authorization = client_->Post(order["authorizations"][0], "").json();
  const std::string url = authorization["challenges"][0]["url"];

  EXPECT_EQ(client_->Post(url, R"({"keyAuthorization":"x"})").problem(), "malformed");
  EXPECT_EQ(client_->Post(url, "").json()["status"], "pending") << "reading is not poking";
  EXPECT_EQ(client_->Post(url, "{}").json()["status"], "processing");
  EXPECT_EQ(client_->Post(url, "{}").json()["status"], "processing");
  clock_.Advance(std::chrono::seconds{3});
  const Reply valid = client_->Post(url, "{}");
  EXPECT_EQ(valid.json()["status"], "valid");
  EXPECT_THAT(
      valid.Headers("link"),
      ::testing::Contains("<" + order["authorizations"][0].get<std::string>() + ">;rel=\"up\""));
}

}  // namespace
}  // namespace certbroker::scripted_ca
