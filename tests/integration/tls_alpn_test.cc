// tls-alpn-01 (RFC 8737) by the agent: the host proves its names with a handshake at the port for
// TLS, and has no web server.
#include "tests/integration/scenario.h"
#include "tests/support/result_matchers.h"

namespace certbroker {
namespace {

using ::testing::HasSubstr;

class TlsAlpnTest : public ::testing::Test {
 protected:
  // "127.0.0.1:port": where the CA shakes hands.
  std::string TlsListen() const {
    return "127.0.0.1:" + std::to_string(stack_.Facts()["pebble"]["tls_port"].get<int>());
  }
  ProgramResult Issue(const std::string& name, const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = {"issue", name,    "--roots",
                                          roots_,  "--out", folder_.path()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return stack_.Agent(0, arguments);
  }
  // Of the last authorization for that name: "tls-alpn-01 agent t", the last one whether somebody
  // shook hands.
  std::string ProvenBy(const std::string& name) const {
    return stack_.Query(
        "SELECT challenge_type || ' ' || solver || ' ' || (hit_time IS NOT NULL) FROM "
        "order_authorizations WHERE name = '" +
        name + "' ORDER BY order_id DESC, attempt DESC LIMIT 1");
  }

  // Names that the CA remembers would prove nothing.
  static void SetUpTestSuite() {
    auto stack =
        DevStack::Start({.arguments = {"--pebble-env", "PEBBLE_AUTHZREUSE=0"}, .environment = {}});
    ASSERT_THAT(stack, IsOk());
    started_ = std::move(*stack);
  }
  static void TearDownTestSuite() { started_.reset(); }

  inline static std::unique_ptr<DevStack> started_;
  DevStack& stack_ = *started_;
  const std::string roots_ = stack_.Text("/pebble/roots");
  const CertificateFolder folder_;
};

TEST_F(TlsAlpnTest, ProvesANameByAHandshake) {
  const ProgramResult issued = Issue("tls.apps.test", {"--tls-listen", TlsListen()});

  ASSERT_EQ(issued.exit_code, 0) << issued;
  EXPECT_THAT(folder_.OpensslSays({"-ext", "subjectAltName"}), HasSubstr("DNS:tls.apps.test"));
  EXPECT_THAT(issued.err, HasSubstr("the answer was fetched by 127.0.0.1"));
  EXPECT_EQ(ProvenBy("tls.apps.test"), "tls-alpn-01 agent true");
}

// RFC 8738 §6: the CA asks for 1.0.0.127.in-addr.arpa.
TEST_F(TlsAlpnTest, ProvesAnAddressByAHandshake) {
  const ProgramResult issued = Issue("127.0.0.1", {"--tls-listen", TlsListen()});

  ASSERT_EQ(issued.exit_code, 0) << issued;
  EXPECT_THAT(folder_.OpensslSays({"-ext", "subjectAltName"}), HasSubstr("IP Address:127.0.0.1"));
  EXPECT_EQ(ProvenBy("127.0.0.1"), "tls-alpn-01 agent true");
}

TEST_F(TlsAlpnTest, ARenewalIsProvenAsTheCommandSays) {
  ASSERT_EQ(Issue("again.apps.test", {"--http-listen", stack_.http_listen()}).exit_code, 0);
  EXPECT_EQ(ProvenBy("again.apps.test"), "http-01 agent true");

  const ProgramResult renewed = stack_.Agent(
      0, {"renew", "--tls-listen", TlsListen(), "--roots", roots_, "--out", folder_.path()});

  ASSERT_EQ(renewed.exit_code, 0) << renewed;
  EXPECT_EQ(ProvenBy("again.apps.test"), "tls-alpn-01 agent true");
}

// With both, the preference decides, and where http-01 fails the handshake takes its place.
TEST_F(TlsAlpnTest, GivesWayAndTakesOverBesidesHttp) {
  ASSERT_EQ(
      Issue("first.apps.test", {"--http-listen", stack_.http_listen(), "--tls-listen", TlsListen()})
          .exit_code,
      0);
  EXPECT_EQ(ProvenBy("first.apps.test"), "http-01 agent true");

  const CertificateFolder other;
  const ProgramResult second =
      stack_.Agent(0, {"issue", "second.apps.test", "--http-listen", "127.0.0.1:0", "--tls-listen",
                       TlsListen(), "--roots", roots_, "--out", other.path()});
  ASSERT_EQ(second.exit_code, 0) << second;
  EXPECT_EQ(ProvenBy("second.apps.test"), "tls-alpn-01 agent true");
}

TEST_F(TlsAlpnTest, AWildcardIsRefusedWithTheReason) {
  const ProgramResult refused = Issue("*.app.test", {"--tls-listen", TlsListen()});

  EXPECT_EQ(refused.exit_code, 1) << refused;
  EXPECT_THAT(refused.err, HasSubstr("CHALLENGE_UNSUPPORTED"));
}

TEST_F(TlsAlpnTest, NoKeyOfAChallengeIsLeftBehind) {
  ASSERT_EQ(Issue("clean.apps.test", {"--tls-listen", TlsListen()}).exit_code, 0);

  const ProgramResult keys = RunProgram("sh", {"-c", "grep -rl 'PRIVATE KEY' " + folder_.path()});

  const std::string key = RunProgram("realpath", {folder_.file("privkey.pem")}).out;
  EXPECT_EQ(keys.out, key);
}

}  // namespace
}  // namespace certbroker
