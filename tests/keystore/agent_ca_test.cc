// Certificates that a key in a token signs: on SoftHSM2, judged by pki/ and by the openssl program.
#include <algorithm>
#include <fstream>
#include <functional>

#include "pki/client_chain.h"
#include "pki/identity_number.h"
#include "tests/pki/forge.h"
#include "tests/support/keystore_fixture.h"
#include "tests/support/run_program.h"

namespace certbroker::keystore {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kAgentUri = "spiffe://example.org/agent/web-01";

Bytes SpkiOf(const Bytes& certificate) {
  const unsigned char* at = certificate.data();
  const std::unique_ptr<X509, decltype(&X509_free)> decoded(
      d2i_X509(nullptr, &at, static_cast<long>(certificate.size())), X509_free);
  unsigned char* encoded = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(decoded.get()), &encoded);
  Bytes spki(encoded, encoded + size);
  OPENSSL_free(encoded);
  return spki;
}

class AgentCaTest : public KeystoreFixture {
 protected:
  void Start(KeyKind kind = KeyKind::kEcP256) {
    ProvisionOptions options = token_.provision_options({"ca"});
    options.key_kind = kind;
    ASSERT_THAT(Provision(options, log_), IsOk());
    Open();
    signer_ = CaSignerOf("ca");
    ca_ = *SignCa(CaProfile());
  }
  std::unique_ptr<AgentCaSigner> CaSignerOf(const std::string& label) {
    auto signer = keystore_->AgentCaSignerFor(SoftToken::UriOf(label));
    EXPECT_THAT(signer, IsOk());
    return *std::move(signer);
  }
  AgentCaProfile CaProfile() const {
    return {.trust_domain = "example.org",
            .serial_random = Bytes(16, 0x5A),
            .not_before = now_ - hours(1),
            .not_after = now_ + hours(24 * 365)};
  }
  AgentCertificateProfile AgentProfile() const {
    return {.agent = AgentId(kAgentUri),
            .spki = agent_key_.SpkiDer(),
            .number = 258,
            .serial_random = Bytes(8, 0xFF),
            .not_before = now_ - hours(1),
            .not_after = now_ + hours(24)};
  }
  Result<Bytes> SignCa(const AgentCaProfile& profile) {
    return signer_->SignCa(profile, In(seconds(5)));
  }
  Result<Bytes> SignAgent(const AgentCertificateProfile& profile) {
    return signer_->SignAgent(ca_, profile, In(seconds(5)));
  }
  // A file of the test's own.
  std::string Written(const std::string& name, const Bytes& certificate) const {
    const std::string path = dir_.path() + "/" + name;
    std::ofstream(path) << forge::Pem("CERTIFICATE", certificate);
    return path;
  }
  std::string TextOf(const Bytes& certificate) const {
    return RunProgram("openssl", {"x509", "-noout", "-text", "-nameopt", "RFC2253", "-in",
                                  Written("text.pem", certificate)})
        .out;
  }
  // Strictly by RFC 5280, as a client's.
  ProgramResult OpensslVerifies(const Bytes& ca, const Bytes& agent) const {
    return RunProgram("openssl",
                      {"verify", "-purpose", "sslclient", "-x509_strict", "-auth_level", "2",
                       "-CAfile", Written("ca.pem", ca), Written("agent.pem", agent)});
  }

  const TempDir dir_;
  const Time now_ = clock_.Now();
  const forge::Key agent_key_ = forge::Key::Ec();
  std::unique_ptr<AgentCaSigner> signer_;
  Bytes ca_;
};

class AgentCaKindTest : public AgentCaTest, public ::testing::WithParamInterface<KeyKind> {};

TEST_P(AgentCaKindTest, SignsItsCaAndAgentsUnderIt) {
  Start(GetParam());
  const forge::Key keys[] = {forge::Key::Ec(), forge::Key::Ec("P-384"), forge::Key::Rsa(2048)};
  const auto anchors = pki::TrustAnchors::Of({*pki::Certificate::Parse(ca_)});
  ASSERT_THAT(anchors, IsOk());
  for (const forge::Key& key : keys) {
    AgentCertificateProfile profile = AgentProfile();
    profile.spki = key.SpkiDer();
    const auto der = SignAgent(profile);
    ASSERT_THAT(der, IsOk());
    const auto agent = pki::Certificate::Parse(*der);
    ASSERT_THAT(agent, IsOk());
    EXPECT_THAT(pki::VerifyClientChain(*agent, {}, *anchors, now_), IsOk());
    const ProgramResult verified = OpensslVerifies(ca_, *der);
    EXPECT_EQ(verified.exit_code, 0) << verified;
  }
}

INSTANTIATE_TEST_SUITE_P(All, AgentCaKindTest, ::testing::ValuesIn(kAllKeyKinds),
                         [](const auto& kind) {
                           std::string name(ToString(kind.param));
                           std::erase(name, '-');
                           return name;
                         });

TEST_F(AgentCaTest, TheCaIsWhatThePortSays) {
  Start();
  const auto ca = pki::Certificate::Parse(ca_);
  ASSERT_THAT(ca, IsOk());
  EXPECT_EQ(ca->subject(), "CN=certbroker agent CA,O=example.org");
  EXPECT_EQ(ca->issuer(), ca->subject());
  EXPECT_EQ(ca->serial(), Hex(Bytes(16, 0x5A)));
  EXPECT_THAT(ca->uri_names(), ElementsAre("spiffe://example.org"));
  EXPECT_EQ(ca->not_before(), std::chrono::floor<seconds>(now_ - hours(1)));
  EXPECT_EQ(ca->not_after(), std::chrono::floor<seconds>(now_ + hours(24 * 365)));
  EXPECT_FALSE(ca->has_eku());
  const std::string text = TextOf(ca_);
  EXPECT_THAT(text, HasSubstr("Version: 3 (0x2)"));
  EXPECT_THAT(text, HasSubstr("Basic Constraints: critical\n                CA:TRUE, pathlen:0\n"));
  EXPECT_THAT(text, HasSubstr("Key Usage: critical\n                Certificate Sign, CRL Sign\n"));
  EXPECT_THAT(text, HasSubstr("Subject Key Identifier"));
}

TEST_F(AgentCaTest, TheAgentsCertificateIsWhatThePortSays) {
  Start();
  const auto der = SignAgent(AgentProfile());
  ASSERT_THAT(der, IsOk());
  const auto agent = pki::Certificate::Parse(*der);
  ASSERT_THAT(agent, IsOk());
  EXPECT_EQ(agent->subject(), "CN=web-01");
  EXPECT_EQ(agent->issuer(), "CN=certbroker agent CA,O=example.org");
  EXPECT_EQ(agent->serial(), "0102ffffffffffffffff");
  EXPECT_EQ(pki::IdentityNumberOf(*agent), 258);
  EXPECT_THAT(agent->uri_names(), ElementsAre(kAgentUri));
  EXPECT_TRUE(agent->dns_names().empty() && agent->other_names().empty());
  EXPECT_TRUE(agent->has_eku_client_auth());
  EXPECT_FALSE(agent->has_eku_server_auth() || agent->is_ca());
  EXPECT_EQ(agent->not_after(), std::chrono::floor<seconds>(now_ + hours(24)));
  const std::string text = TextOf(*der);
  EXPECT_THAT(text, HasSubstr("Version: 3 (0x2)"));
  EXPECT_THAT(text, HasSubstr("Basic Constraints: critical\n                CA:FALSE\n"));
  EXPECT_THAT(text, HasSubstr("Key Usage: critical\n                Digital Signature\n"));
  EXPECT_THAT(text, HasSubstr("Extended Key Usage: \n                TLS Web Client Auth"));
  EXPECT_THAT(text, HasSubstr("Subject Key Identifier"));
  EXPECT_THAT(text, HasSubstr("Authority Key Identifier"));
}

TEST_F(AgentCaTest, CutsNamesThatAreTooLongForASubject) {
  Start();
  AgentCaProfile profile = CaProfile();
  profile.trust_domain = std::string(200, 'a') + ".example";
  const auto ca = SignCa(profile);
  ASSERT_THAT(ca, IsOk());
  ca_ = *ca;
  EXPECT_EQ(pki::Certificate::Parse(ca_)->subject(),
            "CN=certbroker agent CA,O=" + std::string(64, 'a'));
  AgentCertificateProfile agent_profile = AgentProfile();
  const std::string uri = "spiffe://" + profile.trust_domain + "/agent/" + std::string(300, 'b');
  agent_profile.agent = AgentId(uri);
  const auto der = SignAgent(agent_profile);
  ASSERT_THAT(der, IsOk());
  const auto agent = pki::Certificate::Parse(*der);
  EXPECT_EQ(agent->subject(), "CN=" + std::string(64, 'b'));
  EXPECT_THAT(agent->uri_names(), ElementsAre(uri));
  const ProgramResult verified = OpensslVerifies(ca_, *der);
  EXPECT_EQ(verified.exit_code, 0) << verified;
}

// The dates of 2050 and later are written in another form than those before.
TEST_F(AgentCaTest, LivesBeyondTheYear2050) {
  Start();
  AgentCaProfile profile = CaProfile();
  profile.not_after = *ParseRfc3339("9999-12-31T23:59:59Z");
  const auto ca = SignCa(profile);
  ASSERT_THAT(ca, IsOk());
  EXPECT_EQ(pki::Certificate::Parse(*ca)->not_after(), profile.not_after);
}

TEST_F(AgentCaTest, RefusesCasThatCannotBe) {
  Start();
  const long signatures = faults_.Calls("C_Sign");
  struct Case {
    std::string_view says;
    std::function<void(AgentCaProfile&)> make;
  };
  const Case kCases[] = {
      {"\"\" is no trust domain", [](auto& p) { p.trust_domain = ""; }},
      {"\"Example.org\" is no", [](auto& p) { p.trust_domain = "Example.org"; }},
      {"\"a/b\" is no", [](auto& p) { p.trust_domain = "a/b"; }},
      {"is no trust domain", [](auto& p) { p.trust_domain = std::string(256, 'a'); }},
      {"16 random octets", [](auto& p) { p.serial_random.pop_back(); }},
      {"16 random octets", [](auto& p) { p.serial_random = Bytes(16, 0); }},
      {"cannot be valid", [](auto& p) { p.not_after = p.not_before; }},
      {"cannot be valid", [](auto& p) { p.not_before = *ParseRfc3339("1949-12-31T23:59:59Z"); }},
      {"cannot be valid",
       [](auto& p) { p.not_after = *ParseRfc3339("9999-12-31T23:59:59Z") + seconds(1); }},
  };
  for (const auto& c : kCases) {
    AgentCaProfile profile = CaProfile();
    c.make(profile);
    EXPECT_THAT(SignCa(profile), IsError(Reason::kInvalidArgument, HasSubstr(c.says)));
  }
  EXPECT_EQ(faults_.Calls("C_Sign"), signatures);
}

TEST_F(AgentCaTest, RefusesAgentsThatCannotBe) {
  Start();
  const long signatures = faults_.Calls("C_Sign");
  struct Case {
    std::string_view says;
    std::function<void(AgentCertificateProfile&)> make;
  };
  const auto named = [](const std::string& uri) {
    return [uri](AgentCertificateProfile& p) { p.agent = AgentId(uri); };
  };
  const Case kCases[] = {
      {"\"\" is no agent of spiffe://example.org", named("")},
      {"is no agent", named("spiffe://example.org")},
      {"is no agent", named("spiffe://example.org/")},
      {"is no agent", named("spiffe://example.org//web-01")},
      {"is no agent", named("spiffe://example.org/agent/../web-01")},
      {"is no agent", named("spiffe://example.org/agent/.")},
      {"is no agent", named("spiffe://example.organic/agent/web-01")},
      {"is no agent", named("spiffe://example.com/agent/web-01")},
      {"is no agent", named("spiffe://example.org/agent/a b")},
      {"is no agent", named("spiffe://example.org/agent/a,DNS:b")},
      {"is no agent", named("spiffe://example.org/agent/\xC3\xA4")},
      {"is no agent", named(std::string("spiffe://example.org/agent/a\0b", 30))},
      {"is no agent", named("spiffe://example.org/" + std::string(2048, 'a'))},
      {"numbered from 1", [](auto& p) { p.number = 0; }},
      {"numbered from 1", [](auto& p) { p.number = -1; }},
      {"8 random octets", [](auto& p) { p.serial_random.push_back(0); }},
      {"8 random octets", [](auto& p) { p.serial_random.clear(); }},
      {"cannot be valid", [](auto& p) { p.not_after = p.not_before + milliseconds(1); }},
      {"longer than its CA", [](auto& p) { p.not_after += hours(24 * 365); }},
  };
  for (const auto& c : kCases) {
    AgentCertificateProfile profile = AgentProfile();
    c.make(profile);
    EXPECT_THAT(SignAgent(profile), IsError(Reason::kInvalidArgument, HasSubstr(c.says)));
  }
  EXPECT_EQ(faults_.Calls("C_Sign"), signatures);
}

TEST_F(AgentCaTest, AnAgentMayLiveAsLongAsItsCa) {
  Start();
  AgentCertificateProfile profile = AgentProfile();
  profile.not_after = CaProfile().not_after;
  EXPECT_THAT(SignAgent(profile), IsOk());
  profile.not_after += seconds(1);
  EXPECT_THAT(SignAgent(profile), IsError(Reason::kInvalidArgument, HasSubstr("longer")));
}

TEST_F(AgentCaTest, RefusesCasThatItDidNotSign) {
  Start();
  AgentCertificateProfile profile = AgentProfile();
  const auto agent = SignAgent(profile);
  profile.spki = SpkiOf(ca_);
  const auto of_ca_key = SignAgent(profile);
  ASSERT_THAT(agent, IsOk());
  ASSERT_THAT(of_ca_key, IsOk());
  Bytes edited = ca_;
  const std::string domain = "example.org";
  *std::search(edited.begin(), edited.end(), domain.begin(), domain.end()) = 'f';  // another domain
  Bytes trailing = ca_;
  trailing.push_back(0);
  const forge::Key stranger = forge::Key::Ec();
  const Bytes foreign = forge::MakeCertificate({.subject = {{"CN", "certbroker agent CA"}},
                                                .extensions = forge::CaExtensions(),
                                                .not_before = now_,
                                                .not_after = now_ + hours(24 * 365)},
                                               stranger, stranger);
  struct Case {
    std::string_view says;
    Bytes ca;
  };
  const Case kCases[] = {
      {"for another key than the token's", foreign},
      {"for another key than the token's", *agent},
      {"not as it was signed", *of_ca_key},
      {"not as it was signed", edited},
      {"cannot be read", {}},
      {"cannot be read", trailing},
      {"cannot be read", Bytes(100, 0x30)},
  };
  for (const auto& c : kCases) {
    EXPECT_THAT(signer_->SignAgent(c.ca, AgentProfile(), In(seconds(5))),
                IsError(Reason::kInvalidArgument, HasSubstr(c.says)));
  }
}

TEST_F(AgentCaTest, OneKeyDoesNotSignUnderTheCaOfAnother) {
  token_.Provision({"other"});
  Start();
  const auto other = CaSignerOf("other");
  EXPECT_THAT(other->SignAgent(ca_, AgentProfile(), In(seconds(5))),
              IsError(Reason::kInvalidArgument, HasSubstr("another key")));
  const auto others_ca = other->SignCa(CaProfile(), In(seconds(5)));
  ASSERT_THAT(others_ca, IsOk());
  const auto agent = SignAgent(AgentProfile());
  ASSERT_THAT(agent, IsOk());
  EXPECT_NE(OpensslVerifies(*others_ca, *agent).exit_code, 0);
}

TEST_F(AgentCaTest, RefusesAgentsKeysThatAreNotAllowed) {
  Start();
  AgentCertificateProfile profile = AgentProfile();
  for (const auto& key : {forge::Key::Ec("P-521"), forge::Key::Rsa(1024)}) {
    profile.spki = key.SpkiDer();
    EXPECT_THAT(SignAgent(profile), IsError(Reason::kKeyTypeNotAllowed));
  }
}

TEST_F(AgentCaTest, NeedsAKeyThatIsThere) {
  Start();
  EXPECT_THAT(keystore_->AgentCaSignerFor(SoftToken::UriOf("nobody")),
              IsError(Reason::kHsmKeyMissing));
}

TEST_F(AgentCaTest, SaysThatTheTokenIsAwayAndGoesOnWhenItIsBack) {
  Start();
  token_.Hide();
  EXPECT_THAT(SignAgent(AgentProfile()), IsError(Reason::kHsmUnavailable));
  EXPECT_THAT(SignCa(CaProfile()), IsError(Reason::kHsmUnavailable));
  // What makes no certificate is said without the token.
  AgentCertificateProfile profile = AgentProfile();
  profile.number = 0;
  EXPECT_THAT(SignAgent(profile), IsError(Reason::kInvalidArgument));
  token_.Show();
  ASSERT_TRUE(Becomes(TokenState::kUp));
  EXPECT_THAT(SignAgent(AgentProfile()), IsOk());
}

TEST_F(AgentCaTest, TriesAgainWhereTheTokenMerelyStumbles) {
  Start();
  faults_.Set("C_Sign 0x30 1 0");
  EXPECT_THAT(SignAgent(AgentProfile()), IsOk());
  faults_.Set("C_SignInit 0xb3 3 0");
  EXPECT_THAT(SignAgent(AgentProfile()), IsOk());
}

TEST_F(AgentCaTest, ReturnsByTheDeadline) {
  Start();
  faults_.Set("C_Sign 0 1 hold");
  const SteadyTime began = clock_.Tick();
  EXPECT_THAT(signer_->SignAgent(ca_, AgentProfile(), In(milliseconds(100))),
              IsError(Reason::kHsmUnavailable));
  EXPECT_LT(clock_.Tick() - began, milliseconds(1000));
  faults_.Set("");
}

}  // namespace
}  // namespace certbroker::keystore
