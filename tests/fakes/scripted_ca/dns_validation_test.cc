// dns-01, dns-account-01 and dns-persist-01 as the scripted CA looks at them.
#include <map>
#include <thread>

#include "tests/fakes/scripted_ca/dns_responder.h"
#include "tests/fakes/scripted_ca/question.h"
#include "tests/fakes/scripted_ca/scripted_ca_fixture.h"

namespace certbroker::scripted_ca {
namespace {

using ::testing::HasSubstr;

class DnsValidationTest : public ScriptedCaTest {
 protected:
  void StartWith(const std::vector<std::string>& types) {
    options_.validation = Validation::kFetch;
    options_.challenge_types = types;
    if (!options_.txt_lookup) options_.dns_resolver = responder_.address();
    Start();
  }

  // The authorization of a new order for `name`, and its only challenge.
  void Ask(const std::string& name) {
    url_ = client_->NewOrder({name}).json()["authorizations"][0];
    challenge_ = client_->Post(url_, "").json()["challenges"].at(0);
  }

  std::string Digest() const {
    return Base64Url(
        Sha256Of(challenge_["token"].get<std::string>() + "." + client_->key().Thumbprint()));
  }

  // The authorization once the CA has made up its mind.
  Json Poked() {
    client_->Post(challenge_["url"], "{}");
    while (true) {
      Json authorization = client_->Post(url_, "").json();
      if (authorization["status"] != "pending") return authorization;
      std::this_thread::yield();
    }
  }
  std::string ErrorOf(const Json& authorization) {
    const std::string type = authorization["challenges"][0]["error"]["type"];
    return type.substr(type.rfind(':') + 1);
  }

  DnsResponder responder_;
  std::string url_;
  Json challenge_;
};

// RFC 8555 §8.4: one right record among several is enough.
TEST_F(DnsValidationTest, FindsTheRightRecordAmongSeveral) {
  StartWith({"dns-01"});
  Ask("a.example.com");
  responder_.AddTxt("_acme-challenge.a.example.com", "an old one");
  responder_.AddTxt("_acme-challenge.a.example.com", Digest());

  EXPECT_EQ(Poked()["status"], "valid");
  EXPECT_THAT(responder_.asked(), ::testing::ElementsAre("_acme-challenge.a.example.com"));
}

TEST_F(DnsValidationTest, AsksForTheNameBelowAWildcard) {
  StartWith({"http-01", "dns-01", "tls-alpn-01"});
  Ask("*.example.com");
  responder_.AddTxt("_acme-challenge.example.com", Digest());

  const Json authorization = Poked();

  EXPECT_EQ(authorization["status"], "valid");
  EXPECT_EQ(authorization["wildcard"], true);
}

TEST_F(DnsValidationTest, FollowsADelegationToAnotherName) {
  StartWith({"dns-01"});
  Ask("a.example.com");
  responder_.AddAlias("_acme-challenge.a.example.com", "a.challenges.example.net");
  responder_.AddTxt("a.challenges.example.net", Digest());

  EXPECT_EQ(Poked()["status"], "valid");
}

TEST_F(DnsValidationTest, TellsAMissingRecordFromAWrongOneAndFromAFailure) {
  StartWith({"dns-01"});
  responder_.AddTxt("_acme-challenge.wrong.example.com", "something else");
  responder_.Refuse("_acme-challenge.broken.example.com");

  Ask("none.example.com");
  EXPECT_EQ(ErrorOf(Poked()), "unauthorized");
  Ask("wrong.example.com");
  EXPECT_EQ(ErrorOf(Poked()), "incorrectResponse");
  Ask("broken.example.com");
  const Json broken = Poked();
  EXPECT_EQ(ErrorOf(broken), "dns");
  EXPECT_THAT(broken["challenges"][0]["error"]["detail"].get<std::string>(), HasSubstr("SERVFAIL"));
}

TEST_F(DnsValidationTest, AsksTheFunctionOfTheTestInsteadOfAServer) {
  std::map<std::string, std::vector<std::string>> records;
  options_.txt_lookup = [&](const std::string& name) { return records[name]; };
  StartWith({"dns-01"});
  Ask("a.example.com");
  records["_acme-challenge.a.example.com"] = {Digest()};

  EXPECT_EQ(Poked()["status"], "valid");
}

TEST_F(DnsValidationTest, HasNoVerdictButDnsWithoutAResolver) {
  options_.validation = Validation::kFetch;
  options_.challenge_types = {"dns-01"};
  Start();
  Ask("a.example.com");

  EXPECT_EQ(ErrorOf(Poked()), "dns");
}

// draft-ietf-acme-dns-account-label-02: the label belongs to the account.
TEST_F(DnsValidationTest, LooksBelowTheLabelOfTheAccount) {
  StartWith({"dns-account-01"});
  Ask("a.example.com");
  responder_.AddTxt("_acme-challenge.a.example.com", Digest());
  EXPECT_EQ(ErrorOf(Poked()), "unauthorized") << "the record of dns-01 does not count";

  Ask("b.example.com");
  responder_.AddTxt(AccountLabel(client_->account()) + "._acme-challenge.b.example.com", Digest());
  EXPECT_EQ(Poked()["status"], "valid");
}

// The example of draft-ietf-acme-dns-account-label-02 §3.2.
TEST(AccountLabelTest, IsTheOneOfTheDraft) {
  EXPECT_EQ(AccountLabel("https://example.com/acme/acct/ExampleAccount"), "_ujmmovf2vn55tgye");
}

class DnsPersistTest : public DnsValidationTest {
 protected:
  // Whether this record proves a.example.com, or *.example.com.
  bool Proves(const std::string& record, const std::string& name = "a.example.com") {
    responder_.Clear();
    const std::string base = name.starts_with("*.") ? name.substr(2) : name;
    responder_.AddTxt("_validation-persist." + base, record);
    Ask(name);
    return Poked()["status"] == "valid";
  }
  std::string Uri() const { return "accounturi=" + client_->account(); }
};

// draft-ietf-acme-dns-persist.
TEST_F(DnsPersistTest, TakesARecordForThisCaAndAccountOnly) {
  options_.issuer_domain_names = {"ca.example", "authority.example"};
  StartWith({"dns-persist-01"});

  EXPECT_TRUE(Proves("ca.example; " + Uri()));
  EXPECT_TRUE(Proves("authority.example;" + Uri()));
  EXPECT_FALSE(Proves("other.example; " + Uri()));
  EXPECT_FALSE(Proves("ca.example"));
  EXPECT_FALSE(Proves("ca.example; accounturi=https://ca.example/account/7"));
}

TEST_F(DnsPersistTest, NeedsThePolicyForAWildcard) {
  StartWith({"dns-persist-01"});

  EXPECT_FALSE(Proves("scripted-ca.example; " + Uri(), "*.example.com"));
  EXPECT_TRUE(Proves("scripted-ca.example; " + Uri() + "; policy=wildcard", "*.example.com"));
}

TEST_F(DnsPersistTest, EndsWhenTheRecordSays) {
  StartWith({"dns-persist-01"});
  const auto now =
      std::chrono::floor<std::chrono::seconds>(clock_.Now()).time_since_epoch().count();
  const std::string record = "scripted-ca.example; " + Uri() + "; persistUntil=";

  EXPECT_TRUE(Proves(record + std::to_string(now + 1)));
  EXPECT_FALSE(Proves(record + std::to_string(now)));
  EXPECT_FALSE(Proves(record + "tomorrow"));
}

TEST_F(DnsPersistTest, OffersNoTokenButTheNamesOfTheCa) {
  options_.issuer_domain_names = {"ca.example"};
  StartWith({"dns-persist-01"});
  Ask("a.example.com");

  EXPECT_FALSE(challenge_.contains("token"));
  EXPECT_EQ(challenge_["issuer-domain-names"], Json::array({"ca.example"}));
  EXPECT_EQ(challenge_["accounturi"], client_->account());
}

}  // namespace
}  // namespace certbroker::scripted_ca
