#include "service/config/solver_config.h"

#include "service/config/config.h"
#include "tests/support/result_matchers.h"

namespace certbroker::config {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kRest = R"(
[database]
url = "host=/run dbname=c"
[keystore]
module = "/m.so"
token = "t"
pin_file = "/pin"
[agents]
listen = "127.0.0.1:8443"
certificate = "/c.pem"
key = "/k.pem"
client_ca = "/ca.pem"
[operators]
socket = "/run/o.sock"
[policy]
file = "/p.toml"
[[issuers]]
name = "le"
directory = "https://ca.example/dir"
roots = "/roots.pem"
)";

Result<Config> ParseWith(const std::string& text) {
  return Parse(text + std::string(kRest), "/etc/certbroker/certbrokerd.toml");
}

TEST(SolverConfigTest, WithoutAnyTheAgentsWayIsLeft) {
  const auto config = ParseWith("");
  ASSERT_THAT(config, IsOk());
  EXPECT_TRUE(config->solvers.empty());
  EXPECT_TRUE(config->responder.listen.empty());
  EXPECT_EQ(config->challenges.preference.front(), ChallengeType::kHttp01);
  EXPECT_EQ(config->challenges.caa, CaaMode::kWarn);
}

TEST(SolverConfigTest, ReadsADnsServer) {
  const auto config = ParseWith(R"(
[challenges]
preference = ["dns-01", "http-01"]
caa = "require"
caa_resolvers = ["192.0.2.53"]
[responder]
listen = "0.0.0.0:80"
zones = ["static.example.com"]
[[solvers]]
name = "corp-dns"
type = "rfc2136"
zones = ["example.com", "example.net"]
server = ["192.0.2.53"]
tsig_name = "certbroker"
tsig_algorithm = "hmac-sha512"
tsig_secret_file = "tsig.key"
ttl = "30s"
propagation = "warn"
propagation_timeout = "5m"
follow_cname = false
)");
  ASSERT_THAT(config, IsOk());
  EXPECT_THAT(config->challenges.preference,
              ElementsAre(ChallengeType::kDns01, ChallengeType::kHttp01));
  EXPECT_EQ(config->challenges.caa, CaaMode::kRequire);
  EXPECT_THAT(config->challenges.caa_resolvers, ElementsAre("192.0.2.53"));
  EXPECT_EQ(config->responder.listen, "0.0.0.0:80");
  EXPECT_EQ(JoinNames(config->responder.zones), "static.example.com");
  ASSERT_EQ(config->solvers.size(), 1U);
  const SolverConfig& solver = config->solvers[0];
  EXPECT_EQ(solver.kind, SolverKind::kRfc2136);
  EXPECT_EQ(solver.challenge, ChallengeType::kDns01);
  EXPECT_EQ(JoinNames(solver.zones), "example.com, example.net");
  EXPECT_THAT(solver.servers, ElementsAre("192.0.2.53"));
  EXPECT_EQ(solver.tsig_secret_file, "/etc/certbroker/tsig.key") << "from the file's folder";
  EXPECT_EQ(solver.ttl, seconds{30});
  EXPECT_EQ(solver.use.propagation, PropagationMode::kWarn);
  EXPECT_EQ(solver.use.propagation_timeout, minutes{5});
  EXPECT_FALSE(solver.follow_cname);
}

TEST(SolverConfigTest, OneServerNeedsNoList) {
  const auto config = ParseWith(
      "[[solvers]]\nname = \"a\"\ntype = \"rfc2136\"\nserver = \"192.0.2.53:5353\"\n"
      "challenge = \"dns-account-01\"\n");
  ASSERT_THAT(config, IsOk());
  EXPECT_THAT(config->solvers[0].servers, ElementsAre("192.0.2.53:5353"));
  EXPECT_EQ(config->solvers[0].challenge, ChallengeType::kDnsAccount01);
}

TEST(SolverConfigTest, ReadsAProgramWhoseArgumentsMayRepeat) {
  const auto config = ParseWith(R"(
[[solvers]]
name = "hook"
type = "program"
style = "dehydrated"
argv = ["/opt/hook", "-v", "-v"]
environment = ["API=https://dns.example"]
[[solvers]]
name = "persist"
type = "persistent"
zones = ["example.org"]
)");
  ASSERT_THAT(config, IsOk());
  EXPECT_THAT(config->solvers[0].argv, ElementsAre("/opt/hook", "-v", "-v"));
  EXPECT_EQ(config->solvers[0].environment.at("API"), "https://dns.example");
  EXPECT_EQ(config->solvers[1].challenge, ChallengeType::kDnsPersist01);
}

struct Bad {
  std::string name, text, says;
};

TEST(SolverConfigTest, SaysWhatIsWrong) {
  const Bad kCases[] = {
      {"unknown type", "[[solvers]]\nname = \"a\"\ntype = \"bind\"\n", "one of rfc2136"},
      {"unknown challenge", "[challenges]\npreference = [\"dns-02\"]\n", "dns-02"},
      {"unknown mode", "[challenges]\ncaa = \"maybe\"\n", "off, warn, require"},
      {"built-in name", "[[solvers]]\nname = \"agent\"\ntype = \"persistent\"\n", "built-in"},
      {"two of a name",
       "[[solvers]]\nname = \"a\"\ntype = \"persistent\"\n[[solvers]]\nname = \"a\"\n"
       "type = \"persistent\"\n",
       "two solvers"},
      {"wildcard zone",
       "[[solvers]]\nname = \"a\"\ntype = \"persistent\"\nzones = [\"*.a.test\"]\n", "a.test"},
      {"no server", "[[solvers]]\nname = \"a\"\ntype = \"rfc2136\"\n", "solvers[0].server"},
      {"half a key",
       "[[solvers]]\nname = \"a\"\ntype = \"rfc2136\"\nserver = [\"192.0.2.1\"]\ntsig_name = "
       "\"k\"\n",
       "go together"},
      {"record that the program is not told",
       "[[solvers]]\nname = \"a\"\ntype = \"program\"\nargv = [\"/x\"]\nstyle = "
       "\"dehydrated\"\nchallenge = \"dns-account-01\"\n",
       "cannot be told"},
      {"no program", "[[solvers]]\nname = \"a\"\ntype = \"program\"\n", "argv"},
      {"key of another type",
       "[[solvers]]\nname = \"a\"\ntype = \"persistent\"\nserver = [\"192.0.2.1\"]\n",
       "unknown key"},
      {"responder without a port", "[responder]\nlisten = \"0.0.0.0\"\n", "no port"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    const auto config = ParseWith(c.text);
    ASSERT_THAT(config, IsError(Reason::kConfigInvalid));
    EXPECT_THAT(config.error().ToString(), HasSubstr(c.says));
  }
}

TEST(SolverConfigTest, AnExternalAccountIsWholeOrNotThere) {
  const std::string issuer =
      "[[issuers]]\nname = \"gts\"\ndirectory = \"https://gts.example/dir\"\nroots = \"/r.pem\"\n";
  const auto half = ParseWith(issuer + "eab_key_id = \"k\"\n");
  ASSERT_THAT(half, IsError(Reason::kConfigInvalid));
  EXPECT_THAT(half.error().ToString(), HasSubstr("go together"));
  const auto whole = ParseWith(issuer + "eab_key_id = \"k\"\neab_mac_key_file = \"mac\"\n" +
                               "preferred_root = \"GTS Root R1\"\n");
  ASSERT_THAT(whole, IsOk());
  EXPECT_EQ(whole->issuers[0].eab_mac_key_file, "/etc/certbroker/mac");
  EXPECT_EQ(whole->issuers[0].preferred_root, "GTS Root R1");
}

}  // namespace
}  // namespace certbroker::config
