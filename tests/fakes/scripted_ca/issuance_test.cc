#include <openssl/x509v3.h>

#include "tests/fakes/scripted_ca/issued_chain.h"
#include "tests/fakes/scripted_ca/scripted_ca_fixture.h"

namespace certbroker::scripted_ca {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

TEST_F(ScriptedCaTest, IssuesAChainThatEndsInItsRoot) {
  options_.intermediates = 2;
  Start();

  const Reply chain = client_->Issue({"b.example.com", "a.example.com"});

  ASSERT_EQ(chain.status, 200) << chain.body;
  EXPECT_EQ(chain.Header("content-type"), "application/pem-certificate-chain");
  EXPECT_EQ(Verify(chain.body, ca_->roots()[0], clock_.Now()), X509_V_OK);
  const X509List certificates = ReadPem(chain.body);
  ASSERT_THAT(certificates, SizeIs(3)) << "the root is not sent";
  EXPECT_THAT(DnsNamesOf(*certificates[0]), ElementsAre("a.example.com", "b.example.com"));
}

TEST_F(ScriptedCaTest, TheCertificateHasTheKeyOfTheRequest) {
  Start();
  const Json order = ReadyOrder({"a.example.com"});
  const ClientKey key = ClientKey::P384();

  const Reply finalized = client_->Finalize(order, MakeCsr(key, {"a.example.com"}));
  const Reply chain = client_->Post(finalized.json()["certificate"], "");

  const X509List certificates = ReadPem(chain.body);
  ASSERT_THAT(certificates, SizeIs(2));
  EXPECT_EQ(EVP_PKEY_eq(X509_get0_pubkey(certificates[0].get()), key.get()), 1);
}

// RFC 8555 §7.4.2.
TEST_F(ScriptedCaTest, AlternateChainsEndInTheOtherRoots) {
  options_.alternate_roots = 2;
  Start();

  const Reply chain = client_->Issue({"a.example.com"});

  const auto links = chain.Headers("link");
  std::vector<std::string> alternates;
  for (const std::string& link : links) {
    if (link.find("rel=\"alternate\"") == std::string::npos) continue;
    alternates.push_back(link.substr(1, link.find('>') - 1));
  }
  ASSERT_THAT(alternates, SizeIs(2));
  for (std::size_t i = 0; i < alternates.size(); ++i) {
    const Reply other = client_->Post(alternates[i], "");
    EXPECT_EQ(Verify(other.body, ca_->roots()[i + 1], clock_.Now()), X509_V_OK);
    EXPECT_NE(Verify(other.body, ca_->roots()[0], clock_.Now()), X509_V_OK);
  }
}

TEST_F(ScriptedCaTest, TheDirectorySaysWhatTheCaWants) {
  options_.terms_of_service = "https://ca.example/terms";
  options_.website = "https://ca.example";
  options_.caa_identities = {"ca.example"};
  options_.eab_required = true;
  options_.profiles["classic"].description = "as ever";
  Start(/*registered=*/false);

  const Json meta = client_->directory()["meta"];

  EXPECT_EQ(meta["termsOfService"], "https://ca.example/terms");
  EXPECT_EQ(meta["website"], "https://ca.example");
  EXPECT_EQ(meta["caaIdentities"], Json::array({"ca.example"}));
  EXPECT_EQ(meta["externalAccountRequired"], true);
  EXPECT_EQ(meta["profiles"]["classic"], "as ever");
  EXPECT_FALSE(client_->directory().contains("newAuthz"));
}

// RFC 8555 §7.1.4, RFC 8738 §7.
TEST_F(ScriptedCaTest, WildcardsAreProvenByDnsAndAddressesAreNot) {
  Start();

  const Json order = client_->NewOrder({"*.example.com", "192.0.2.7", "2001:db8::7"}).json();

  for (const Json& url : order["authorizations"]) {
    const Json authorization = client_->Post(url, "").json();
    std::vector<std::string> types;
    for (const Json& challenge : authorization["challenges"]) types.push_back(challenge["type"]);
    if (authorization["identifier"]["type"] == "ip") {
      EXPECT_THAT(types, UnorderedElementsAre("http-01", "tls-alpn-01"));
    } else {
      EXPECT_THAT(types, ElementsAre("dns-01"));
      EXPECT_EQ(authorization["identifier"]["value"], "example.com");
      EXPECT_EQ(authorization["wildcard"], true);
    }
  }
}

TEST_F(ScriptedCaTest, IssuesForAddresses) {
  Start();

  const Reply chain = client_->Issue({"192.0.2.7", "2001:db8::7"});

  EXPECT_EQ(Verify(chain.body, ca_->roots()[0], clock_.Now()), X509_V_OK);
  EXPECT_EQ(X509_check_ip_asc(ReadPem(chain.body)[0].get(), "2001:db8::7", 0), 1);
}

TEST_F(ScriptedCaTest, ProfilesDecideValidityAndNumberOfNames) {
  options_.profiles["classic"] = Profile();
  options_.profiles["shortlived"].validity = std::chrono::hours{160};
  options_.profiles["shortlived"].max_names = 1;
  Start();

  const Reply unknown = client_->NewOrder({"a.example.com"}, {{"profile", "golden"}});
  const Reply many =
      client_->NewOrder({"a.example.com", "b.example.com"}, {{"profile", "shortlived"}});
  const Reply chain = client_->Issue({"a.example.com"}, {{"profile", "shortlived"}});

  EXPECT_EQ(unknown.problem(), "invalidProfile");
  EXPECT_EQ(many.problem(), "malformed");
  EXPECT_EQ(chain.status, 200);
  const Certificate issued = ca_->certificates().at(0);
  EXPECT_EQ(issued.not_after - issued.not_before, std::chrono::hours{160});
  EXPECT_EQ(ca_->orders().back().profile, "shortlived");
}

TEST_F(ScriptedCaTest, RecordsEveryRequestWithItsJws) {
  Start();
  client_->Issue({"a.example.com"});

  const Record& record = ca_->record();

  EXPECT_EQ(record.Of(Endpoint::kFinalize).verified, 1);
  EXPECT_EQ(record.Of(Endpoint::kDirectory).requests, 1);
  EXPECT_EQ(record.Total().refused, 0);
  bool seen = false;
  for (const SeenRequest& request : record.Requests()) {
    if (request.endpoint != Endpoint::kNewOrder) continue;
    seen = true;
    EXPECT_EQ(request.key_id, client_->account());
    EXPECT_THAT(request.payload, HasSubstr("a.example.com"));
    EXPECT_EQ(request.algorithm, "ES256");
  }
  EXPECT_TRUE(seen);
  EXPECT_THAT(ca_->orders(), SizeIs(1));
  EXPECT_EQ(ca_->orders()[0].finalizations, 1);
}

}  // namespace
}  // namespace certbroker::scripted_ca
