#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "tests/fakes/scripted_ca/scripted_ca_fixture.h"

namespace certbroker::scripted_ca {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

Json Binding(const std::string& key_id, const Bytes& secret, const std::string& url,
             const Json& jwk) {
  const std::string header =
      Base64Url(AsBytes(Json{{"alg", "HS256"}, {"kid", key_id}, {"url", url}}.dump()));
  const std::string payload = Base64Url(AsBytes(jwk.dump()));
  const std::string input = header + "." + payload;
  Bytes mac(32);
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(input.data()), input.size(), mac.data(), &size);
  return {{"protected", header}, {"payload", payload}, {"signature", Base64Url(mac)}};
}

TEST_F(ScriptedCaTest, AKeyHasOneAccount) {
  Start(/*registered=*/false);

  const Reply unknown = client_->Register({{"onlyReturnExisting", true}});
  const Reply created = client_->Register({{"contact", {"mailto:a@example.com"}}});
  const Reply again = client_->Register();
  const Reply found = client_->Register({{"onlyReturnExisting", true}});

  EXPECT_EQ(unknown.status, 400);
  EXPECT_EQ(unknown.problem(), "accountDoesNotExist");
  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(found.status, 200);
  EXPECT_EQ(found.Header("location"), created.Header("location"));
  EXPECT_EQ(found.json()["contact"], Json::array({"mailto:a@example.com"}));
  EXPECT_THAT(ca_->accounts(), SizeIs(1));
}

TEST_F(ScriptedCaTest, ContactsAreCheckedAndChanged) {
  Start();
  const std::string url = client_->account();

  EXPECT_EQ(client_->Post(url, R"({"contact":["tel:+1"]})").problem(), "unsupportedContact");
  EXPECT_EQ(client_->Post(url, R"({"contact":["mailto:nobody"]})").problem(), "invalidContact");
  const Reply changed = client_->Post(url, R"({"contact":["mailto:b@example.com"]})");
  EXPECT_EQ(changed.json()["contact"], Json::array({"mailto:b@example.com"}));
}

TEST_F(ScriptedCaTest, ADeactivatedAccountMayNothing) {
  Start();

  const Reply deactivated = client_->Post(client_->account(), R"({"status":"deactivated"})");

  EXPECT_EQ(deactivated.json()["status"], "deactivated");
  EXPECT_EQ(client_->NewOrder({"a.example.com"}).problem(), "unauthorized");
  EXPECT_EQ(client_->Register().problem(), "unauthorized");
}

TEST_F(ScriptedCaTest, TermsHaveToBeAgreedTo) {
  options_.terms_of_service = "https://ca.example/terms-1";
  Start(/*registered=*/false);
  const Reply refused = client_->Register({{"termsOfServiceAgreed", false}});
  ASSERT_EQ(client_->Register().status, 201);
  ca_->ChangeTerms("https://ca.example/terms-2");

  const Reply changed = client_->NewOrder({"a.example.com"});
  client_->Post(client_->account(), R"({"termsOfServiceAgreed":true})");
  const Reply agreed = client_->NewOrder({"a.example.com"});

  EXPECT_EQ(refused.problem(), "userActionRequired");
  EXPECT_EQ(changed.status, 403);
  EXPECT_EQ(changed.problem(), "userActionRequired");
  EXPECT_EQ(changed.json()["instance"], "https://ca.example/terms-2");
  EXPECT_THAT(changed.Headers("link"),
              ::testing::Contains(HasSubstr("terms-2>;rel=\"terms-of-service\"")));
  EXPECT_EQ(agreed.status, 201);
}

// RFC 8555 §7.3.4.
TEST_F(ScriptedCaTest, ExternalAccountsAreBoundOnce) {
  const Bytes secret = ToBytes(AsBytes("0123456789abcdef0123456789abcdef"));
  options_.eab_required = true;
  options_.eab_keys["kid-1"] = secret;
  Start(/*registered=*/false);
  const std::string url = client_->At("newAccount");
  const Json jwk = client_->key().Jwk();
  const auto other = NewClient(ClientKey::P256());

  EXPECT_EQ(client_->Register().problem(), "externalAccountRequired");
  const auto register_with = [&](RawClient& client, const Json& binding) {
    return client.Register({{"externalAccountBinding", binding}});
  };
  EXPECT_EQ(register_with(*client_, Binding("kid-2", secret, url, jwk)).problem(), "unauthorized");
  EXPECT_EQ(register_with(*client_, Binding("kid-1", Bytes(32), url, jwk)).problem(),
            "unauthorized");
  EXPECT_EQ(register_with(*client_, Binding("kid-1", secret, url + "x", jwk)).problem(),
            "malformed");
  EXPECT_EQ(register_with(*client_, Binding("kid-1", secret, url, other->key().Jwk())).problem(),
            "malformed");
  EXPECT_EQ(register_with(*client_, Binding("kid-1", secret, url, jwk)).status, 201);
  EXPECT_EQ(register_with(*other, Binding("kid-1", secret, url, other->key().Jwk())).problem(),
            "unauthorized")
      << "used";
}

class KeyChangeTest : public ScriptedCaTest {
 protected:
  void SetUp() override { Start(); }

  Reply Change(const ClientKey& to, const Json& inner_header = Json::object(),
               const Json& inner_payload = Json::object()) {
    const std::string url = client_->At("keyChange");
    Json header = {{"alg", to.algorithm()}, {"jwk", to.Jwk()}, {"url", url}};
    header.merge_patch(inner_header);
    Json payload = {{"account", client_->account()}, {"oldKey", client_->key().Jwk()}};
    payload.merge_patch(inner_payload);
    const std::string protected_header = Base64Url(AsBytes(header.dump()));
    const std::string body = Base64Url(AsBytes(payload.dump()));
    const Json inner = {{"protected", protected_header},
                        {"payload", body},
                        {"signature", Base64Url(to.Sign(protected_header + "." + body))}};
    return client_->Post(url, inner.dump());
  }
};

// RFC 8555 §7.3.5.
TEST_F(KeyChangeTest, TheNewKeySignsAndTheOldOneIsForgotten) {
  const ClientKey old_key = client_->key();
  const ClientKey new_key = ClientKey::P384();

  ASSERT_EQ(Change(new_key).status, 200);

  EXPECT_EQ(client_->Post(client_->account(), "").problem(), "malformed");
  client_->set_key(new_key);
  EXPECT_EQ(client_->Post(client_->account(), "").status, 200);
  const auto old_client = NewClient(old_key);
  EXPECT_EQ(old_client->Register({{"onlyReturnExisting", true}}).problem(), "accountDoesNotExist");
}

TEST_F(KeyChangeTest, RefusesAnInnerJwsThatDoesNotFit) {
  const ClientKey key = ClientKey::P256();

  EXPECT_EQ(Change(key, {{"nonce", "bm9uY2U"}}).problem(), "malformed");
  EXPECT_EQ(Change(key, {{"url", "https://elsewhere.example"}}).problem(), "malformed");
  EXPECT_EQ(Change(key, Json::object(), {{"account", "https://elsewhere.example"}}).problem(),
            "malformed");
  EXPECT_EQ(Change(key, Json::object(), {{"oldKey", key.Jwk()}}).problem(), "malformed");
  EXPECT_EQ(Change(key, {{"jwk", ClientKey::P256().Jwk()}}).problem(), "malformed");
}

TEST_F(KeyChangeTest, AKeyInUseIsAConflictThatNamesItsAccount) {
  const auto other = NewClient(ClientKey::P256());
  other->Register();

  const Reply reply = Change(other->key());

  EXPECT_EQ(reply.status, 409);
  EXPECT_EQ(reply.Header("location"), other->account());
}

// RFC 8555 §7.1.2.1.
TEST_F(ScriptedCaTest, TheListOfOrdersComesInPages) {
  options_.orders_per_page = 2;
  Start();
  for (const char* name : {"a.example.com", "b.example.com", "c.example.com"}) {
    client_->NewOrder({name});
  }

  const std::string list = client_->Post(client_->account(), "").json()["orders"];
  const Reply first = client_->Post(list, "");
  std::string next;
  for (const std::string& link : first.Headers("link")) {
    if (link.find("rel=\"next\"") != std::string::npos) next = link.substr(1, link.find('>') - 1);
  }
  const Reply second = client_->Post(next, "");

  EXPECT_THAT(first.json()["orders"], SizeIs(2));
  EXPECT_THAT(second.json()["orders"], SizeIs(1));
}

}  // namespace
}  // namespace certbroker::scripted_ca
