#include "tests/fakes/scripted_ca/scripted_ca_fixture.h"

namespace certbroker::scripted_ca {
namespace {

class JwsRulesTest : public ScriptedCaTest {
 protected:
  void SetUp() override {
    options_.nonce_lifetime = std::chrono::hours{1};
    Start();
  }
  Reply PostAccount(const Envelope& envelope) {
    return client_->Post(client_->account(), "", envelope);
  }
};

TEST_F(JwsRulesTest, TakesKeysOfEachAlgorithm) {
  for (const ClientKey& key : {ClientKey::P256(), ClientKey::P384(), ClientKey::Rsa()}) {
    SCOPED_TRACE(key.algorithm());
    const auto client = NewClient(key);
    EXPECT_EQ(client->Register().status, 201);
    EXPECT_EQ(client->Issue({"a.example.com"}).status, 200);
  }
}

TEST_F(JwsRulesTest, RefusesAlgorithmsAndKeysItDoesNotTake) {
  const Reply algorithm = PostAccount({.algorithm = "HS256"});
  const Reply small =
      NewClient(ClientKey::Rsa(1024))->Post(client_->At("newAccount"), "{}", {.use_jwk = true});

  EXPECT_EQ(algorithm.problem(), "badSignatureAlgorithm");
  EXPECT_EQ(algorithm.json()["algorithms"], Json::array({"ES256", "ES384", "RS256"}));
  EXPECT_EQ(small.problem(), "badPublicKey");
}

// RFC 8555 §6.5.
TEST_F(JwsRulesTest, ANonceIsGoodOnce) {
  const std::string nonce = client_->Nonce();

  const Reply first = PostAccount({.nonce = nonce});
  const Reply second = PostAccount({.nonce = nonce});
  const Reply invented = PostAccount({.nonce = "bm9uY2U"});

  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(second.problem(), "badNonce");
  EXPECT_EQ(invented.problem(), "badNonce");
  EXPECT_NE(second.Header("replay-nonce"), "");
}

TEST_F(JwsRulesTest, ANonceEndsWithItsLifetimeAndWithARestart) {
  const std::string old = client_->Nonce();
  clock_.Advance(std::chrono::hours{2});
  EXPECT_EQ(PostAccount({.nonce = old}).problem(), "badNonce");

  const std::string forgotten = client_->Nonce();
  ca_->ForgetNonces();
  EXPECT_EQ(PostAccount({.nonce = forgotten}).problem(), "badNonce");
}

TEST_F(JwsRulesTest, ChecksUrlSignatureAndContentType) {
  EXPECT_EQ(PostAccount({.url = client_->account() + "/"}).problem(), "unauthorized");
  EXPECT_EQ(PostAccount({.break_signature = true}).problem(), "malformed");
  const Reply type = PostAccount({.content_type = "application/json"});
  EXPECT_EQ(type.status, 415);
  EXPECT_EQ(type.problem(), "malformed");
}

// RFC 8555 §6.2.
TEST_F(JwsRulesTest, WantsTheKeyOrTheAccountAsTheResourceDoes) {
  EXPECT_EQ(PostAccount({.use_jwk = true}).problem(), "malformed");
  EXPECT_EQ(client_->Post(client_->At("newAccount"), "{}").problem(), "malformed");
  EXPECT_EQ(PostAccount({.more = {{"jwk", client_->key().Jwk()}}}).problem(), "malformed")
      << "both";
  EXPECT_EQ(PostAccount({.more = {{"kid", client_->account() + "9"}}}).problem(),
            "accountDoesNotExist");
  EXPECT_EQ(PostAccount({.more = {{"crit", Json::array({"b64"})}}}).problem(), "malformed");
}

TEST_F(JwsRulesTest, RefusesBodiesThatAreNoFlattenedJws) {
  const std::string url = client_->account();
  Json good = Json::parse(client_->Sign(url, "", {}));
  Json unprotected = good;
  unprotected["header"] = Json::object();
  Json padded = good;
  padded["payload"] = "e30=";

  for (const std::string& body :
       {std::string("["), std::string("{}"), std::string(""), unprotected.dump(), padded.dump()}) {
    SCOPED_TRACE(body);
    EXPECT_EQ(client_->PostBody(url, body, "application/jose+json").problem(), "malformed");
  }
  EXPECT_EQ(client_->PostBody(url, good.dump(), "application/jose+json; charset=utf-8").status,
            200);
}

// RFC 8555 §6.3.
TEST_F(JwsRulesTest, ResourcesAreReadByPostAsGetOnly) {
  const Reply order = client_->NewOrder({"a.example.com"});

  EXPECT_EQ(client_->Get(order.Header("location")).status, 405);
  EXPECT_EQ(client_->Post(order.Header("location"), "{}").problem(), "malformed");
  EXPECT_EQ(client_->Post(order.Header("location"), "").status, 200);
}

TEST_F(JwsRulesTest, ObjectsOfAnotherAccountAreClosed) {
  const Reply order = client_->NewOrder({"a.example.com"});
  const auto other = NewClient(ClientKey::P256());
  other->Register();

  EXPECT_EQ(other->Post(order.Header("location"), "").problem(), "unauthorized");
  EXPECT_EQ(other->Post(order.json()["authorizations"][0], "").problem(), "unauthorized");
  EXPECT_EQ(other->Post(client_->account(), "").problem(), "unauthorized");
}

TEST_F(JwsRulesTest, NewNonceAnswersHeadAndGet) {
  const Reply head = client_->Head(client_->At("newNonce"));
  const Reply get = client_->Get(client_->At("newNonce"));

  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(get.status, 204);
  EXPECT_NE(head.Header("replay-nonce"), get.Header("replay-nonce"));
  EXPECT_EQ(head.Header("cache-control"), "no-store");
}

}  // namespace
}  // namespace certbroker::scripted_ca
