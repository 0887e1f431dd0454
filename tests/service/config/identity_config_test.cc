#include "service/config/identity_config.h"

#include "service/config/config.h"
#include "tests/service/config/example_config.h"
#include "tests/support/result_matchers.h"

namespace certbroker::config {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::string_view kIdentity = R"([identity]
trust_domain = "example.org"
ca_key = "pkcs11:token=certbroker;object=agent-ca%2Fv1"
server_ca = "server-ca.pem"
addresses = ["broker.example.org:8443", "[2001:db8::1]:8443"]
)";

Result<Config> ParseWithIdentity(const std::string& identity, const std::string& rest) {
  return Parse(rest + identity, "/etc/certbroker/certbrokerd.toml");
}

Result<Config> WithIdentity(const std::string& more = "") {
  return ParseWithIdentity(std::string(kIdentity) + more, ExampleConfig());
}

// The example with one piece of kIdentity replaced.
Result<Config> IdentitySpoilt(std::string_view from, std::string_view to) {
  std::string text(kIdentity);
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return ParseWithIdentity(text.replace(at, from.size(), to), ExampleConfig());
}

TEST(IdentityConfigTest, WithoutTheTableThereAreNoIdentities) {
  const auto config = Parse(ExampleConfig(), "certbrokerd.toml");

  ASSERT_THAT(config, IsOk());
  EXPECT_FALSE(config->identity.has_value());
}

TEST(IdentityConfigTest, ReadsWhatIsRequiredAndFillsInTheRest) {
  const auto config = WithIdentity();

  ASSERT_THAT(config, IsOk());
  ASSERT_TRUE(config->identity.has_value());
  const IdentityConfig& identity = *config->identity;
  EXPECT_EQ(identity.trust_domain, "example.org");
  EXPECT_EQ(identity.ca_key, "pkcs11:token=certbroker;object=agent-ca%2Fv1");
  EXPECT_EQ(identity.server_ca, "/etc/certbroker/server-ca.pem");
  EXPECT_THAT(identity.addresses, ElementsAre("broker.example.org:8443", "[2001:db8::1]:8443"));
  EXPECT_EQ(identity.lifetime, std::chrono::hours{24});
  EXPECT_EQ(identity.grace, std::chrono::hours{24 * 30});
}

TEST(IdentityConfigTest, ReadsLifetimesFromAMinuteToNinetyDaysAndNoGraceAtAll) {
  EXPECT_EQ(WithIdentity("lifetime = \"1m\"\n")->identity->lifetime, std::chrono::minutes{1});
  EXPECT_EQ(WithIdentity("lifetime = \"90d\"\n")->identity->lifetime, std::chrono::hours{24 * 90});
  EXPECT_EQ(WithIdentity("grace = \"0s\"\n")->identity->grace, std::chrono::hours{0});
  EXPECT_EQ(WithIdentity("grace = \"365d\"\n")->identity->grace, std::chrono::hours{24 * 365});
}

TEST(IdentityConfigTest, ACaOfTheOperatorsIsNotNeededBesideIt) {
  std::string rest = ExampleConfig();
  const std::string client_ca = "client_ca = \"agent-ca.pem\"\n";
  rest.erase(rest.find(client_ca), client_ca.size());

  const auto config = ParseWithIdentity(std::string(kIdentity), rest);

  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->agents.client_ca, "");
  EXPECT_THAT(Parse(rest, "certbrokerd.toml"),
              IsError(Reason::kConfigInvalid, HasSubstr("agents.client_ca: missing")));
  EXPECT_EQ(WithIdentity()->agents.client_ca, "/etc/certbroker/agent-ca.pem");
}

TEST(IdentityConfigTest, EveryRequiredKeyThatIsMissingIsNamed) {
  const auto config = ParseWithIdentity("[identity]\n", ExampleConfig());

  ASSERT_THAT(config, IsError(Reason::kConfigInvalid));
  for (const char* key :
       {"identity.trust_domain", "identity.ca_key", "identity.server_ca", "identity.addresses"}) {
    EXPECT_THAT(config.error().violations(),
                Contains(AllOf(Field(&Violation::subject, key),
                               Field(&Violation::description, HasSubstr("missing")))));
  }
}

TEST(IdentityConfigTest, SaysWhatIsWrongWithAValue) {
  const struct {
    std::string_view from, to, key, says;
  } kCases[] = {
      {"\"example.org\"", "\"Example.org\"", "identity.trust_domain", "a-z, 0-9"},
      {"\"example.org\"", "\"example.org/x\"", "identity.trust_domain", "SPIFFE-ID"},
      {"\"example.org\"", "\"\"", "identity.trust_domain", ""},
      {"\"example.org\"", "7", "identity.trust_domain", "integer"},
      {"\"pkcs11:token=certbroker;object=agent-ca%2Fv1\"", "\"\"", "identity.ca_key", ""},
      {"\"broker.example.org:8443\"", "\"broker.example.org\"", "identity.addresses[0]",
       "it has no port"},
      {"\"[2001:db8::1]:8443\"", "\"2001:db8::1:8443\"", "identity.addresses[1]", "brackets"},
      {"\"broker.example.org:8443\"", "\"broker.example.org:0\"", "identity.addresses[0]",
       "port 0"},
      {"\"broker.example.org:8443\", \"[2001:db8::1]:8443\"", "", "identity.addresses",
       "got an empty list"},
      {"trust_domain", "lifetime = \"59s\"\ntrust_domain", "identity.lifetime", "1m"},
      {"trust_domain", "lifetime = \"91d\"\ntrust_domain", "identity.lifetime", "90d"},
      {"trust_domain", "grace = \"366d\"\ntrust_domain", "identity.grace", "365d"},
      {"trust_domain", "ca = \"x\"\ntrust_domain", "identity.ca", "unknown key"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.to);
    const auto config = IdentitySpoilt(c.from, c.to);
    ASSERT_THAT(config, IsError(Reason::kConfigInvalid));
    EXPECT_THAT(config.error().violations(),
                Contains(AllOf(Field(&Violation::subject, std::string(c.key)),
                               Field(&Violation::description, HasSubstr(std::string(c.says))))));
  }
}

TEST(IdentityConfigTest, AddressesFitIntoAToken) {
  std::string sixteen;
  for (int i = 0; i < 16; ++i) {
    sixteen += (i == 0 ? "\"b" : ", \"b") + std::to_string(i) + ":8443\"";
  }
  const std::string_view both = "\"broker.example.org:8443\", \"[2001:db8::1]:8443\"";

  EXPECT_THAT(IdentitySpoilt(both, sixteen)->identity->addresses, SizeIs(16));
  EXPECT_THAT(IdentitySpoilt(both, sixteen + ", \"b16:8443\""),
              IsError(Reason::kConfigInvalid, HasSubstr("at most 16 addresses")));
}

}  // namespace
}  // namespace certbroker::config
