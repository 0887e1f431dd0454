#include "service/config/config.h"

#include "tests/service/config/example_config.h"
#include "tests/support/result_matchers.h"

namespace certbroker::config {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(ConfigTest, ReadsEveryKeyOfTheDocumentedExample) {
  const auto config = Load(EXAMPLE_FOLDER "/certbrokerd.toml");

  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->database.url, "postgresql:///certbroker?host=/run/postgresql");
  EXPECT_EQ(config->tokens.at(0).module, "/usr/lib/softhsm/libsofthsm2.so");
  EXPECT_EQ(config->tokens.at(0).token, "certbroker");
  EXPECT_EQ(config->tokens.at(0).pin_file, "/etc/certbroker/pin");
  EXPECT_EQ(config->agents.listen, "127.0.0.1:8443");
  EXPECT_EQ(config->agents.certificate, "/etc/certbroker/server.pem");
  EXPECT_EQ(config->agents.key, "/etc/certbroker/server-key.pem");
  EXPECT_EQ(config->agents.client_ca, "/etc/certbroker/agent-ca.pem");
  ASSERT_TRUE(config->identity.has_value());
  EXPECT_EQ(config->identity->trust_domain, "example.org");
  EXPECT_EQ(config->identity->ca_key, "pkcs11:token=certbroker;object=agent-ca%2Fv1;type=private");
  EXPECT_EQ(config->identity->server_ca, "/etc/certbroker/server-ca.pem");
  EXPECT_EQ(config->identity->addresses, std::vector<std::string>{"broker.example.org:8443"});
  EXPECT_EQ(config->operators.socket, "/run/certbroker/operator.sock");
  EXPECT_EQ(config->policy.file, "/etc/certbroker/policy.toml");
  ASSERT_EQ(config->issuers.size(), 1U);
  const IssuerConfig& issuer = config->issuers.front();
  EXPECT_EQ(issuer.name.ToString(), "pebble");
  EXPECT_EQ(issuer.directory.ToString(), "https://127.0.0.1:14000/dir");
  EXPECT_EQ(issuer.tls_roots, "/etc/certbroker/pebble-tls.pem");
  EXPECT_EQ(issuer.roots, "/etc/certbroker/pebble-roots.pem");
}

// The example writes every default out; a default changed in one place only fails here.
TEST(ConfigTest, DefaultsAreThoseTheExampleNames) {
  const auto config = Load(EXAMPLE_FOLDER "/certbrokerd.toml");

  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->database.connections, DatabaseConfig{}.connections);
  EXPECT_EQ(config->tokens.at(0).sessions, KeystoreConfig{}.sessions);
  EXPECT_EQ(config->tokens.at(0).init_args, KeystoreConfig{}.init_args);
  ASSERT_TRUE(config->identity.has_value());
  EXPECT_EQ(config->identity->lifetime, IdentityConfig{}.lifetime);
  EXPECT_EQ(config->identity->grace, IdentityConfig{}.grace);
  EXPECT_EQ(config->engine.workers, EngineConfig{}.workers);
  EXPECT_EQ(config->engine.lease, EngineConfig{}.lease);
  EXPECT_EQ(config->engine.ca_timeout, EngineConfig{}.ca_timeout);
  EXPECT_EQ(config->log.level, LogConfig{}.level);
  EXPECT_EQ(config->issuers.front().account, IssuerConfig{}.account);
  EXPECT_EQ(config->issuers.front().extra_origins, IssuerConfig{}.extra_origins);
  EXPECT_EQ(config->issuers.front().key_lifetime, IssuerConfig{}.key_lifetime);
  EXPECT_EQ(config->issuers.front().keep_retired_keys, IssuerConfig{}.keep_retired_keys);
}

TEST(ConfigTest, AgesOfKeysMayBeInDays) {
  const std::string text =
      ExampleConfig() + "key_lifetime = \"365d\"\nkeep_retired_keys = \"7d\"\n";
  const auto config = Parse(text, "/etc/certbroker/certbrokerd.toml");

  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->issuers.front().key_lifetime, std::chrono::hours{24 * 365});
  EXPECT_EQ(config->issuers.front().keep_retired_keys, std::chrono::hours{24 * 7});
  EXPECT_THAT(Parse(ExampleConfig() + "key_lifetime = \"59m\"\n", "c.toml"),
              IsError(Reason::kConfigInvalid, HasSubstr("from 1h to 3650d")));
}

TEST(ConfigTest, OptionalTablesMayBeAbsent) {
  std::string text = ExampleConfig();
  text = Replaced(
      text,
      "[engine]\nworkers = 8\nlease = \"30s\"\nca_timeout = \"15s\"\n[log]\nlevel = \"info\"\n",
      "");

  const auto config = Parse(text, "certbrokerd.toml");

  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->engine.workers, 8);
  EXPECT_EQ(config->log.level, LogLevel::kInfo);
  EXPECT_EQ(config->issuers.front().tls_roots, std::nullopt);
}

TEST(ConfigTest, ResolvesRelativePathsAgainstTheFilesFolder) {
  std::string text = Replaced(ExampleConfig(), "/run/certbroker/operator.sock", "run/o.sock");
  text = Replaced(text, "roots = ", "tls_roots = \"tls.pem\"\nroots = ");

  const auto config = Parse(text, "/etc/certbroker/certbrokerd.toml");

  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->tokens.at(0).pin_file, "/etc/certbroker/pin");
  EXPECT_EQ(config->tokens.at(0).module, "/usr/lib/softhsm/libsofthsm2.so");
  EXPECT_EQ(config->agents.certificate, "/etc/certbroker/server.pem");
  EXPECT_EQ(config->agents.key, "/etc/certbroker/server-key.pem");
  EXPECT_EQ(config->agents.client_ca, "/etc/certbroker/agent-ca.pem");
  EXPECT_EQ(config->operators.socket, "/etc/certbroker/run/o.sock");
  EXPECT_EQ(config->policy.file, "/etc/certbroker/policy.toml");
  EXPECT_EQ(config->issuers.front().tls_roots, "/etc/certbroker/tls.pem");
  EXPECT_EQ(config->issuers.front().roots, "/etc/certbroker/roots.pem");
}

TEST(ConfigTest, ResolvesDotsInRelativePaths) {
  const auto config = Parse(Replaced(ExampleConfig(), "\"pin\"", "\"../secrets/./pin\""),
                            "/etc/certbroker/certbrokerd.toml");

  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->tokens.at(0).pin_file, "/etc/secrets/pin");
}

TEST(ConfigTest, ThePinMayComeFromSystemdOrFromADescriptor) {
  for (const std::string where : {"credential:hsm-pin", "fd:3"}) {
    const auto config = Parse(Replaced(ExampleConfig(), "\"pin\"", "\"" + where + "\""),
                              "/etc/certbroker/certbrokerd.toml");
    ASSERT_THAT(config, IsOk()) << where;
    EXPECT_EQ(config->tokens.at(0).pin_file, where);
  }
}

TEST(ConfigTest, ReadsDurationsInAllUnits) {
  struct Case {
    std::string_view text;
    milliseconds want;
  };
  const Case kCases[] = {{"1000ms", seconds{1}},
                         {"90s", seconds{90}},
                         {"5m", minutes{5}},
                         {"2500ms", milliseconds{2500}}};
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.text);
    std::string text = Replaced(ExampleConfig(), "lease = \"30s\"", "lease = \"10m\"");
    text = Replaced(text, "ca_timeout = \"15s\"", "ca_timeout = \"" + std::string(c.text) + "\"");
    const auto config = Parse(text, "certbrokerd.toml");
    ASSERT_THAT(config, IsOk());
    EXPECT_EQ(config->engine.ca_timeout, c.want);
  }
}

TEST(ConfigTest, ReadsLogLevels) {
  const std::pair<std::string_view, LogLevel> kCases[] = {{"debug", LogLevel::kDebug},
                                                          {"info", LogLevel::kInfo},
                                                          {"warning", LogLevel::kWarning},
                                                          {"error", LogLevel::kError}};
  for (const auto& [name, level] : kCases) {
    SCOPED_TRACE(name);
    const auto config = Parse(
        Replaced(ExampleConfig(), "\"info\"", "\"" + std::string(name) + "\""), "certbrokerd.toml");
    ASSERT_THAT(config, IsOk());
    EXPECT_EQ(config->log.level, level);
  }
}

TEST(ConfigTest, AcceptsEveryFormOfAListenAddress) {
  for (const std::string_view address : {"127.0.0.1:8443", "0.0.0.0:1", "[::1]:65535", "[::]:8443",
                                         "localhost:0", "Broker-1.example:443"}) {
    SCOPED_TRACE(address);
    const auto config =
        Parse(Replaced(ExampleConfig(), "127.0.0.1:8443", address), "certbrokerd.toml");
    ASSERT_THAT(config, IsOk());
    EXPECT_EQ(config->agents.listen, address);
  }
}

TEST(ConfigTest, KeepsOriginsAsTheAllowListComparesThem) {
  const auto config = Parse(
      ExampleConfig() + "extra_origins = [\"https://CDN.example\", \"https://cdn.example:8443\"]\n",
      "certbrokerd.toml");

  ASSERT_THAT(config, IsOk());
  EXPECT_THAT(config->issuers.front().extra_origins,
              ElementsAre("https://cdn.example:443", "https://cdn.example:8443"));
}

TEST(ConfigTest, TakesSeveralIssuers) {
  const auto config = Parse(ExampleConfig() +
                                "[[issuers]]\nname = \"le-staging\"\nroots = \"le.pem\"\n"
                                "directory = \"https://acme.example/dir\"\naccount = \"second\"\n",
                            "certbrokerd.toml");

  ASSERT_THAT(config, IsOk());
  ASSERT_EQ(config->issuers.size(), 2U);
  EXPECT_EQ(config->issuers[0].account, "main");
  EXPECT_EQ(config->issuers[1].name.ToString(), "le-staging");
  EXPECT_EQ(config->issuers[1].account, "second");
}

TEST(ConfigTest, LoadSaysWhichFileCannotBeRead) {
  EXPECT_THAT(Load("/nonexistent/certbrokerd.toml"),
              IsError(Reason::kConfigInvalid, HasSubstr("/nonexistent/certbrokerd.toml: cannot be "
                                                        "read: No such file")));
}

// Instead of the example's one token.
std::string WithTokens(const std::string& tokens) {
  std::string text = ExampleConfig();
  const std::size_t begin = text.find("[keystore]");
  const std::size_t end = text.find("[agents]");
  return text.replace(begin, end - begin, tokens);
}

TEST(ConfigTest, SeveralTokensEachHaveAName) {
  const auto config = Parse(WithTokens(R"(
[[keystore.tokens]]
name = "hsm-a"
module = "/usr/lib/a.so"
token = "acme"
serial = "0a1b"
pin_file = "pin-a"
sessions = 4
[[keystore.tokens]]
name = "hsm-b"
module = "/usr/lib/b.so"
token = "acme"
pin_file = "pin-b"
init_args = "slow"
)"),
                            "/etc/certbroker/certbrokerd.toml");
  ASSERT_THAT(config, IsOk());
  ASSERT_EQ(config->tokens.size(), 2U);
  EXPECT_EQ(config->tokens[0].name, "hsm-a");
  EXPECT_EQ(config->tokens[0].serial, "0a1b");
  EXPECT_EQ(config->tokens[0].pin_file, "/etc/certbroker/pin-a");
  EXPECT_EQ(config->tokens[0].sessions, 4);
  EXPECT_EQ(config->tokens[1].name, "hsm-b");
  EXPECT_EQ(config->tokens[1].init_args, "slow");
}

TEST(ConfigTest, TokensAreToldApart) {
  const std::string one =
      "[[keystore.tokens]]\nname = \"a\"\nmodule = \"/a.so\"\ntoken = \"t\"\n"
      "pin_file = \"pin\"\n";
  EXPECT_THAT(Parse(WithTokens(one + one), "c.toml"),
              IsError(Reason::kConfigInvalid, ::testing::HasSubstr("name of two tokens")));
  EXPECT_THAT(Parse(WithTokens("[keystore]\ntoken = \"t\"\n" + one), "c.toml"),
              IsError(Reason::kConfigInvalid, ::testing::HasSubstr("keystore.token")));
}

}  // namespace
}  // namespace certbroker::config
