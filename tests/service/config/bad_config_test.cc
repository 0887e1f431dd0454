// Everything that a configuration file can have wrong, one per row: what is named, where, and how.
#include <random>

#include "service/config/config.h"
#include "tests/service/config/example_config.h"
#include "tests/support/result_matchers.h"

namespace certbroker::config {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

struct BadCase {
  std::string name;
  std::string from, to;  // the edit of the example that spoils it
  std::string key;       // the key that must be named
  int line;              // and its line; 0: none, the key's table is missing
  std::string says;
};

const std::string kSocket108 = "/" + std::string(107, 's');

const BadCase kBadCases[] = {
    // Whole tables.
    {"no database", "[database]\nurl = \"postgresql:///certbroker?host=/run/postgresql\"\n", "",
     "database.url", 0, "missing; expected a libpq connection string"},
    {"no operators", "[operators]\nsocket = \"/run/certbroker/operator.sock\"\n", "",
     "operators.socket", 0, "missing"},
    {"no policy", "[policy]\nfile = \"policy.toml\"\n", "", "policy.file", 0, "missing"},
    {"table misspelt", "[engine]", "[engines]", "engines", 16,
     "unknown key; expected one of database, keystore, agents"},
    {"table as value", "[log]\nlevel = \"info\"", "[loc]\n[[log]]", "log", 21, "got a list"},
    {"table as array", "[policy]\nfile", "[[policy]]\nfile", "policy", 14, "expected a table"},
    {"issuers as table", "[[issuers]]", "[issuers]", "issuers", 22,
     "expected tables ([[issuers]])"},
    {"issuers misspelt", "[[issuers]]", "[[issuer]]", "issuers", 0, "at least one [[issuers]]"},
    {"key outside its table", "[database]", "workers = 8\n[database]", "workers", 1, "unknown key"},
    // Unknown keys, one per table.
    {"database key", "[keystore]", "pool = 4\n[keystore]", "database.pool", 3,
     "unknown key; expected one of url, connections"},
    {"keystore key", "[agents]", "pin = \"1234\"\n[agents]", "keystore.pin", 7, "unknown key"},
    {"agents key", "[operators]", "ca = \"x\"\n[operators]", "agents.ca", 12, "unknown key"},
    {"operators key", "[policy]", "listen = \"x\"\n[policy]", "operators.listen", 14,
     "unknown key"},
    {"policy key", "[engine]", "reload = true\n[engine]", "policy.reload", 16, "unknown key"},
    {"engine key", "[log]", "Workers = 2\n[log]", "engine.Workers", 20, "unknown key"},
    {"log key", "[[issuers]]", "file = \"x\"\n[[issuers]]", "log.file", 22, "unknown key"},
    {"issuer key", "roots = ", "root = \"x\"\nroots = ", "issuers[0].root", 25, "unknown key"},
    {"dotted key", "[log]", "ca.timeout = \"5s\"\n[log]", "engine.ca", 20, "unknown key"},
    // Missing keys, one per required key that shares its table with others.
    {"no module", "module = \"/usr/lib/softhsm/libsofthsm2.so\"\n", "", "keystore.module", 3,
     "missing; expected the path of the PKCS#11 module"},
    {"no token", "token = \"certbroker\"\n", "", "keystore.token", 3, "missing"},
    {"no pin file", "pin_file = \"pin\"\n", "", "keystore.pin_file", 3, "missing"},
    {"no listen", "listen = \"127.0.0.1:8443\"\n", "", "agents.listen", 7, "missing"},
    {"no certificate", "certificate = \"server.pem\"\n", "", "agents.certificate", 7, "missing"},
    {"no key", "key = \"server-key.pem\"\n", "", "agents.key", 7, "missing"},
    {"no client CA", "client_ca = \"agent-ca.pem\"\n", "", "agents.client_ca", 7, "missing"},
    {"no issuer name", "name = \"pebble\"\n", "", "issuers[0].name", 22, "missing"},
    {"no directory", "directory = \"https://127.0.0.1:14000/dir\"\n", "", "issuers[0].directory",
     22, "missing"},
    {"no roots", "roots = \"roots.pem\"\n", "", "issuers[0].roots", 22, "missing"},
    // Wrong types.
    {"url is a number", "url = \"postgresql:///certbroker?host=/run/postgresql\"", "url = 5432",
     "database.url", 2, "(a string), got an integer"},
    {"connections is a string", "[keystore]", "connections = \"16\"\n[keystore]",
     "database.connections", 3, "expected a whole number from 1 to 200, got a string"},
    {"sessions is a float", "[agents]", "sessions = 8.0\n[agents]", "keystore.sessions", 7,
     "got a floating-point number"},
    {"token is a boolean", "\"certbroker\"", "true", "keystore.token", 5, "got a boolean"},
    {"credential elsewhere", "\"pin\"", "\"credential:../pin\"", "keystore.pin_file", 6, "letters"},
    {"no descriptor", "\"pin\"", "\"fd:two\"", "keystore.pin_file", 6, "inherited descriptor"},
    {"pin file is a list", "\"pin\"", "[\"pin\"]", "keystore.pin_file", 6, "got a list"},
    {"init_args is a table", "[agents]", "init_args = {}\n[agents]", "keystore.init_args", 7,
     "got a table"},
    {"lease is a number", "\"30s\"", "30", "engine.lease", 18,
     "expected a duration from 5s to 10m"},
    {"level is a number", "\"info\"", "3", "log.level", 21, "got an integer"},
    {"directory is a date", "\"https://127.0.0.1:14000/dir\"", "2026-11-21", "issuers[0].directory",
     24, "got a date"},
    {"origins is a string", "roots = ", "extra_origins = \"https://x\"\nroots = ",
     "issuers[0].extra_origins", 25, "expected a list of https origins, got a string"},
    {"an origin is a number", "roots = ", "extra_origins = [1]\nroots = ",
     "issuers[0].extra_origins[0]", 25, "got an integer"},
    {"tls_roots is a list", "roots = ", "tls_roots = []\nroots = ", "issuers[0].tls_roots", 25,
     "got a list"},
    // Out of range.
    {"no connections", "[keystore]", "connections = 0\n[keystore]", "database.connections", 3,
     "expected a whole number from 1 to 200, got 0"},
    {"many connections", "[keystore]", "connections = 201\n[keystore]", "database.connections", 3,
     "got 201"},
    {"negative sessions", "[agents]", "sessions = -1\n[agents]", "keystore.sessions", 7, "got -1"},
    {"many sessions", "[agents]", "sessions = 1025\n[agents]", "keystore.sessions", 7, "got 1025"},
    {"no workers", "workers = 8", "workers = 0", "engine.workers", 17, "from 1 to 256, got 0"},
    {"huge workers", "workers = 8", "workers = 4294967297", "engine.workers", 17, "got 4294967297"},
    {"short lease", "lease = \"30s\"\nca_timeout = \"15s\"", "lease = \"4s\"\nca_timeout = \"3s\"",
     "engine.lease", 18, "expected a duration from 5s to 10m"},
    {"long lease", "lease = \"30s\"", "lease = \"11m\"", "engine.lease", 18, "got \"11m\""},
    {"lease without unit", "lease = \"30s\"", "lease = \"30\"", "engine.lease", 18, "got \"30\""},
    {"short CA timeout", "ca_timeout = \"15s\"", "ca_timeout = \"999ms\"", "engine.ca_timeout", 19,
     "expected a duration from 1s to 5m"},
    {"lease shorter than CA timeout", "ca_timeout = \"15s\"", "ca_timeout = \"15001ms\"",
     "engine.lease", 18, "at least twice ca_timeout"},
    {"long token label", "\"certbroker\"", "\"" + std::string(33, 't') + "\"", "keystore.token", 5,
     "at most 32 octets, got 33"},
    {"long socket path", "/run/certbroker/operator.sock", kSocket108, "operators.socket", 13,
     "at most 107 octets, got 108"},
    // Empty or impossible text.
    {"empty url", "postgresql:///certbroker?host=/run/postgresql", "", "database.url", 2,
     "got an empty string"},
    {"url of another kind", "postgresql:///", "mysql:///", "database.url", 2, "got something else"},
    {"url is a bare word", "postgresql:///certbroker?host=/run/postgresql", "certbroker",
     "database.url", 2, "expected \"postgresql://…\""},
    {"empty module", "/usr/lib/softhsm/libsofthsm2.so", "", "keystore.module", 4, "empty string"},
    {"empty token", "\"certbroker\"", "\"\"", "keystore.token", 5, "empty string"},
    {"NUL in a path", "\"pin\"", "\"pin\\u0000\"", "keystore.pin_file", 6, "control"},
    {"line end in a path", "\"server.pem\"", "\"server\\n.pem\"", "agents.certificate", 9,
     "control"},
    {"escape in the token", "\"certbroker\"", "\"\\u001b[31m\"", "keystore.token", 5, "control"},
    {"listen without port", "127.0.0.1:8443", "127.0.0.1", "agents.listen", 8, "it has no port"},
    {"listen without host", "127.0.0.1:8443", ":8443", "agents.listen", 8, "it has no host"},
    {"listen port too high", "127.0.0.1:8443", "127.0.0.1:65536", "agents.listen", 8, "0 to 65535"},
    {"listen port negative", "127.0.0.1:8443", "127.0.0.1:-1", "agents.listen", 8, "0 to 65535"},
    {"listen port a word", "127.0.0.1:8443", "127.0.0.1:https", "agents.listen", 8, "0 to 65535"},
    {"listen port padded", "127.0.0.1:8443", "127.0.0.1: 8443", "agents.listen", 8, "0 to 65535"},
    {"listen bare IPv6", "127.0.0.1:8443", "::1:8443", "agents.listen", 8, "in brackets"},
    {"listen not IPv6", "127.0.0.1:8443", "[localhost]:8443", "agents.listen", 8, "not an IPv6"},
    {"listen a URL", "127.0.0.1:8443", "https://127.0.0.1:8443", "agents.listen", 8, "its host"},
    {"unknown level", "\"info\"", "\"verbose\"", "log.level", 21,
     "expected one of debug, info, warning, error, got \"verbose\""},
    {"level in capitals", "\"info\"", "\"INFO\"", "log.level", 21, "got \"INFO\""},
    {"empty level", "\"info\"", "\"\"", "log.level", 21, "got \"\""},
    // Issuers.
    {"name in capitals", "\"pebble\"", "\"Pebble\"", "issuers[0].name", 23, "a-z, 0-9"},
    {"name with slash", "\"pebble\"", "\"issuers/pebble\"", "issuers[0].name", 23, "a-z, 0-9"},
    {"name too long", "\"pebble\"", "\"" + std::string(41, 'p') + "\"", "issuers[0].name", 23,
     "1 to 40 characters"},
    {"same name twice", "[[issuers]]",
     "[[issuers]]\nname = \"pebble\"\ndirectory = \"https://x.example/\"\nroots = "
     "\"r\"\n[[issuers]]",
     "issuers[1].name", 27, "\"pebble\" is the name of two issuers"},
    {"directory over http", "\"https://127", "\"http://127", "issuers[0].directory", 24,
     "https://"},
    {"directory with user", "\"https://127", "\"https://me@127", "issuers[0].directory", 24,
     "user"},
    {"directory with fragment", "/dir\"", "/dir#x\"", "issuers[0].directory", 24, "fragment"},
    {"directory with space", "/dir\"", "/d ir\"", "issuers[0].directory", 24, "characters"},
    {"directory with port 0", ":14000", ":0", "issuers[0].directory", 24, "port"},
    {"directory without host", "https://127.0.0.1:14000/dir", "https:///dir",
     "issuers[0].directory", 24, "host"},
    {"directory empty", "https://127.0.0.1:14000/dir", "", "issuers[0].directory", 24, "empty"},
    {"account with slash", "roots = ", "account = \"a/b\"\nroots = ", "issuers[0].account", 25,
     "got \"a/b\""},
    {"account empty", "roots = ", "account = \"\"\nroots = ", "issuers[0].account", 25, "got \"\""},
    {"tls_roots empty", "roots = ", "tls_roots = \"\"\nroots = ", "issuers[0].tls_roots", 25,
     "empty string"},
    {"origin with path", "roots = ", "extra_origins = [\"https://x.example/acme\"]\nroots = ",
     "issuers[0].extra_origins[0]", 25, "expected an origin such as \"https://x.example:443\""},
    {"origin over http", "roots = ", "extra_origins = [\"http://x.example\"]\nroots = ",
     "issuers[0].extra_origins[0]", 25, "https://"},
    {"same origin twice",
     "roots = ", "extra_origins = [\"https://x.example\", \"https://x.example\"]\nroots = ",
     "issuers[0].extra_origins[1]", 25, "twice"},
};

std::string Spoilt(const BadCase& c) {
  std::string text = ExampleConfig();
  const std::size_t at = text.find(c.from);
  EXPECT_NE(at, std::string::npos) << "the example has no " << c.from;
  return text.replace(at, c.from.size(), c.to);
}

TEST(BadConfigTest, TheUnspoiltExampleIsGood) {
  EXPECT_THAT(Parse(ExampleConfig(), "certbrokerd.toml"), IsOk());
}

TEST(BadConfigTest, NamesFileLineAndKeyOfEveryProblem) {
  for (const BadCase& c : kBadCases) {
    SCOPED_TRACE(c.name);
    const auto config = Parse(Spoilt(c), "certbrokerd.toml");
    ASSERT_THAT(config, IsError(Reason::kConfigInvalid));
    const std::string where =
        "certbrokerd.toml" + (c.line > 0 ? ":" + std::to_string(c.line) : "") + ": " + c.key + ": ";
    EXPECT_THAT(
        config.error().violations(),
        Contains(::testing::FieldsAre(c.key, Reason::kConfigInvalid,
                                      ::testing::AllOf(StartsWith(where), HasSubstr(c.says)))));
  }
}

TEST(BadConfigTest, ReportsAllProblemsAtOnce) {
  std::string text;
  for (const char* line :
       {"[database]", "url = 1", "[keystore]", "module = \"m\"", "tokn = \"t\"", "pin_file = \"p\"",
        "sessions = 0", "[engine]", "lease = \"never\"", "[[issuers]]", "name = \"A\"",
        "directory = \"http://x\"", "roots = \"r\"", "extra_origins = [1, \"http://x\"]"}) {
    text += std::string(line) + "\n";
  }

  const auto config = Parse(text, "c.toml");

  ASSERT_THAT(config, IsError(Reason::kConfigInvalid));
  std::vector<std::string> keys;
  for (const Violation& violation : config.error().violations()) keys.push_back(violation.subject);
  EXPECT_THAT(keys, ::testing::ElementsAre("agents.listen", "agents.certificate", "agents.key",
                                           "agents.client_ca", "operators.socket", "policy.file",
                                           "database.url", "keystore.token", "keystore.tokn",
                                           "keystore.sessions", "engine.lease", "issuers[0].name",
                                           "issuers[0].directory", "issuers[0].extra_origins[0]",
                                           "issuers[0].extra_origins[1]"));
  EXPECT_THAT(config.error().detail(), HasSubstr("and 14 more problems"));
}

TEST(BadConfigTest, NeverEchoesThePassword) {
  for (const std::string_view line :
       {"url = \"hunter2\"", "url = [\"hunter2\"]", "url = \"postgresql://bob:hunter2@db\\u0007/\"",
        "url = \"hunter2", "url = \"hunter2\"\nurl = \"hunter2\""}) {
    SCOPED_TRACE(line);
    const auto config = Parse("[database]\n" + std::string(line) + "\n", "c.toml");
    ASSERT_THAT(config, IsError(Reason::kConfigInvalid));
    EXPECT_THAT(config.error().detail(), Not(HasSubstr("hunter2")));
    for (const Violation& violation : config.error().violations()) {
      EXPECT_THAT(violation.description, Not(HasSubstr("hunter2")));
    }
  }
}

// T47: whatever a file holds, the answer is a Config or kConfigInvalid with a place.
TEST(BadConfigTest, SurvivesRandomDamage) {
  std::mt19937 random(20261121);  // NOLINT(cert-msc32-c,cert-msc51-cpp): reproducible on purpose
  const std::string alphabet = "[]{}\"'=.,#\\\n \t-_0a\xFF\x01";
  for (int round = 0; round < 5000; ++round) {
    std::string text = ExampleConfig();
    const auto pick = [&](std::size_t size) { return random() % size; };
    for (std::size_t edits = 1 + pick(4); edits > 0; --edits) {
      const std::size_t at = pick(text.size());
      const char c = alphabet[pick(alphabet.size())];
      switch (pick(4)) {
        case 0:
          text[at] = c;
          break;
        case 1:
          text.insert(at, 1 + pick(3), c);
          break;
        case 2:
          text.erase(at, 1 + pick(20));
          break;
        default:
          text.insert(at, text.substr(pick(text.size()), pick(40)));
      }
    }
    const auto config = Parse(text, "c.toml");
    if (config) continue;
    ASSERT_THAT(config, IsError(Reason::kConfigInvalid, StartsWith("c.toml:"))) << text;
    ASSERT_FALSE(config.error().violations().empty()) << text;
  }
}

}  // namespace
}  // namespace certbroker::config
