// tls-alpn-01 as the scripted CA looks at it (RFC 8737, RFC 8738 §6).
#include <functional>
#include <thread>

#include "tests/fakes/scripted_ca/question.h"
#include "tests/fakes/scripted_ca/scripted_ca_fixture.h"
#include "tests/fakes/scripted_ca/tls_look.h"
#include "tests/fakes/scripted_ca/tls_responder.h"

namespace certbroker::scripted_ca {
namespace {

using ::testing::HasSubstr;

class TlsValidationTest : public ScriptedCaTest {
 protected:
  void SetUp() override {
    options_.validation = Validation::kFetch;
    options_.challenge_types = {"tls-alpn-01"};
    options_.validation_address = "127.0.0.1";
    options_.tls_port = responder_.port();
    Start();
  }

  void Ask(const std::string& name) {
    url_ = client_->NewOrder({name}).json()["authorizations"][0];
    challenge_ = client_->Post(url_, "").json()["challenges"].at(0);
    right_.names = (name.find("example") == std::string::npos ? "IP:" : "DNS:") + name;
    right_.digest =
        Sha256Of(challenge_["token"].get<std::string>() + "." + client_->key().Thumbprint());
  }

  Json Poked(const TlsAnswer& answer) {
    responder_.Show(answer);
    client_->Post(challenge_["url"], "{}");
    while (true) {
      Json authorization = client_->Post(url_, "").json();
      if (authorization["status"] != "pending") return authorization;
      std::this_thread::yield();
    }
  }

  // The type and the words of the error that this answer earns, instead of the right one.
  std::string ErrorFor(const std::function<void(TlsAnswer&)>& change) {
    Ask("a.example.com");
    TlsAnswer answer = right_;
    change(answer);
    const Json authorization = Poked(answer);
    EXPECT_EQ(authorization["status"], "invalid");
    const Json error = authorization["challenges"][0].value("error", Json::object());
    const std::string type = error.value("type", "");
    return type.substr(type.rfind(':') + 1) + ": " + error.value("detail", "");
  }

  TlsResponder responder_;
  std::string url_;
  Json challenge_;
  TlsAnswer right_;
};

TEST_F(TlsValidationTest, AcceptsTheCertificateOfTheChallenge) {
  Ask("a.example.com");

  EXPECT_EQ(Poked(right_)["status"], "valid");
  EXPECT_THAT(responder_.server_names(), ::testing::ElementsAre("a.example.com"));
}

TEST_F(TlsValidationTest, AsksForAnAddressByItsReverseName) {
  Ask("192.0.2.7");

  EXPECT_EQ(Poked(right_)["status"], "valid");
  EXPECT_THAT(responder_.server_names(), ::testing::ElementsAre("7.2.0.192.in-addr.arpa"));
}

TEST_F(TlsValidationTest, AcceptsAnAddressOfVersion6) {
  Ask("2001:db8::7");

  EXPECT_EQ(Poked(right_)["status"], "valid");
}

TEST_F(TlsValidationTest, RefusesAnotherCertificate) {
  EXPECT_THAT(ErrorFor([](TlsAnswer& answer) { answer.digest[0] ^= 1; }),
              HasSubstr("incorrectResponse: the certificate for a.example.com is for another key "
                        "authorization"));
  EXPECT_THAT(ErrorFor([](TlsAnswer& answer) { answer.names = "DNS:b.example.com"; }),
              HasSubstr("is for another name"));
  EXPECT_THAT(ErrorFor([](TlsAnswer& answer) { answer.names += ",DNS:b.example.com"; }),
              HasSubstr("not exactly one subjectAltName"));
  EXPECT_THAT(ErrorFor([](TlsAnswer& answer) { answer.names.clear(); }),
              HasSubstr("not exactly one subjectAltName"));
  EXPECT_THAT(ErrorFor([](TlsAnswer& answer) { answer.critical = false; }),
              HasSubstr("not critical"));
  EXPECT_THAT(ErrorFor([](TlsAnswer& answer) { answer.oid.clear(); }),
              HasSubstr("has no acmeIdentifier"));
}

// The number that drafts used before RFC 8737.
TEST_F(TlsValidationTest, DoesNotKnowTheObsoleteExtension) {
  EXPECT_THAT(ErrorFor([](TlsAnswer& answer) { answer.oid = "1.3.6.1.5.5.7.1.30.1"; }),
              HasSubstr("has no acmeIdentifier"));
}

TEST_F(TlsValidationTest, RefusesAServerThatDoesNotSpeakTheProtocol) {
  EXPECT_THAT(ErrorFor([](TlsAnswer& answer) { answer.protocol.clear(); }),
              HasSubstr("tls: the server does not speak acme-tls/1"));
  EXPECT_THAT(ErrorFor([](TlsAnswer& answer) { answer.protocol = "h2"; }),
              HasSubstr("tls: no handshake for a.example.com"));
}

TEST(ServerNameTest, ReversesAddresses) {
  EXPECT_EQ(ServerNameFor({"dns", "a.example.com"}), "a.example.com");
  EXPECT_EQ(ServerNameFor({"ip", "192.0.2.7"}), "7.2.0.192.in-addr.arpa");
  EXPECT_EQ(ServerNameFor({"ip", "2001:db8::7"}),
            "7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

}  // namespace
}  // namespace certbroker::scripted_ca
