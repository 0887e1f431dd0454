// What `certbrokerd serve` and its --check-config find out from files alone.
#include "service/start_files.h"

#include <filesystem>
#include <fstream>

#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_certificates.h"

namespace certbroker {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kConfig = R"([database]
url = "postgresql:///certbroker?host=/run/postgresql"
[keystore]
module = "/usr/lib/softhsm/libsofthsm2.so"
token = "certbroker"
pin_file = "pin"
[agents]
listen = "127.0.0.1:8443"
certificate = "server.pem"
key = "server-key.pem"
client_ca = "agent-ca.pem"
[operators]
socket = "operator.sock"
[policy]
file = "policy.toml"
[[issuers]]
name = "test-ca"
directory = "https://127.0.0.1:14000/dir"
tls_roots = "tls-roots.pem"
roots = "roots.pem"
)";

constexpr std::string_view kPolicy = R"(version = "1"
[[rules]]
name = "web"
agents = ["spiffe://example.org/agent/web-01"]
names = ["www.example.org"]
issuers = ["test-ca"]
)";

// A folder with a configuration and everything that it names; a test spoils some of it.
class StartFilesTest : public ::testing::Test {
 protected:
  StartFilesTest() {
    Write("certbrokerd.toml", kConfig);
    Write("policy.toml", kPolicy);
    Write("server.pem", server_.ToPem());
    Write("server-key.pem", server_.KeyToPem());
    for (const char* name : {"agent-ca.pem", "tls-roots.pem", "roots.pem"}) {
      Write(name, ca_.ToPem());
    }
  }

  std::string Path(const std::string& name) const { return dir_.path() + "/" + name; }
  void Write(const std::string& name, std::string_view text) const {
    std::ofstream(Path(name), std::ios::binary) << text;
  }
  void Remove(const std::string& name) const { std::filesystem::remove(Path(name)); }
  void Edit(const std::string& name, std::string_view text, std::string_view from,
            std::string_view to) const {
    std::string edited(text);
    const std::size_t at = edited.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    Write(name, edited.replace(at, from.size(), to));
  }
  Result<StartFiles> Read() const { return ReadStartFiles(Path("certbrokerd.toml")); }
  // "file:line: key: what" of each problem.
  std::vector<std::string> Problems() const {
    const auto files = Read();
    std::vector<std::string> texts;
    if (files) return texts;
    EXPECT_EQ(files.error().reason(), Reason::kConfigInvalid);
    for (const Violation& violation : files.error().violations()) {
      texts.push_back(violation.description);
    }
    return texts;
  }
  std::string At(int line, const std::string& key) const {
    return Path("certbrokerd.toml") + ":" + std::to_string(line) + ": " + key + ": ";
  }

  const TestCertificate ca_ = MakeTestCa();
  const TestCertificate server_ = MakeTestLeaf(&ca_);
  const TempDir dir_;
};

TEST_F(StartFilesTest, ReadsWhatIsRight) {
  const auto files = Read();

  ASSERT_THAT(files, IsOk());
  EXPECT_EQ(files->config.issuers.size(), 1U);
  EXPECT_EQ(files->policy.version(), "1");
  EXPECT_EQ(files->roots.size(), 1U);
  EXPECT_EQ(files->listeners.agents_address, "127.0.0.1:8443");
  EXPECT_EQ(files->listeners.operator_socket, Path("operator.sock"));
  EXPECT_EQ(files->listeners.server_chain_pem, server_.ToPem());
  EXPECT_EQ(files->listeners.server_key_pem, server_.KeyToPem());
  EXPECT_EQ(files->listeners.client_ca_pem, ca_.ToPem());
}

TEST_F(StartFilesTest, EveryMissingFileIsNamedWithItsKeyAndLine) {
  for (const char* name : {"server.pem", "server-key.pem", "agent-ca.pem", "policy.toml",
                           "tls-roots.pem", "roots.pem"}) {
    Remove(name);
  }

  EXPECT_THAT(
      Problems(),
      ElementsAre(AllOf(StartsWith(At(9, "agents.certificate")), HasSubstr(Path("server.pem"))),
                  AllOf(StartsWith(At(10, "agents.key")), HasSubstr(Path("server-key.pem"))),
                  AllOf(StartsWith(At(11, "agents.client_ca")), HasSubstr(Path("agent-ca.pem"))),
                  AllOf(StartsWith(At(15, "policy.file")), HasSubstr(Path("policy.toml"))),
                  AllOf(StartsWith(At(19, "issuers[0].tls_roots")), HasSubstr("No such file")),
                  AllOf(StartsWith(At(20, "issuers[0].roots")), HasSubstr("No such file"))));
}

TEST_F(StartFilesTest, WhatIsNoPemIsRefused) {
  for (const char* name :
       {"server.pem", "server-key.pem", "agent-ca.pem", "tls-roots.pem", "roots.pem"}) {
    Write(name, "not PEM");
  }

  EXPECT_THAT(Problems(), ElementsAre(StartsWith(At(9, "agents.certificate")),
                                      StartsWith(At(11, "agents.client_ca")),
                                      StartsWith(At(19, "issuers[0].tls_roots")),
                                      StartsWith(At(20, "issuers[0].roots"))));
}

TEST_F(StartFilesTest, AnEmptyFileIsRefused) {
  Write("server.pem", "");
  Write("agent-ca.pem", "");

  EXPECT_THAT(Problems(), ElementsAre(StartsWith(At(9, "agents.certificate")),
                                      StartsWith(At(11, "agents.client_ca"))));
}

TEST_F(StartFilesTest, AKeyThatIsNoneIsRefusedAndNotQuoted) {
  Write("server-key.pem", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n");

  EXPECT_THAT(Problems(), ElementsAre(AllOf(StartsWith(At(10, "agents.key")),
                                            HasSubstr("no unencrypted private key"),
                                            Not(HasSubstr("c2VjcmV0")))));
}

TEST_F(StartFilesTest, AnotherCertificatesKeyIsRefused) {
  Write("server-key.pem", MakeTestLeaf(&ca_).KeyToPem());

  EXPECT_THAT(Problems(), ElementsAre(AllOf(StartsWith(At(10, "agents.key")),
                                            HasSubstr("is not the key of the certificate"),
                                            HasSubstr(Path("server.pem")))));
}

TEST_F(StartFilesTest, ABrokenCertificateInTheChainIsRefused) {
  Write("server.pem",
        server_.ToPem() + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");

  EXPECT_THAT(Problems(), ElementsAre(AllOf(StartsWith(At(9, "agents.certificate")),
                                            HasSubstr("certificate 2"))));
}

TEST_F(StartFilesTest, AnUnknownIssuerIsNamedWithItsRulesLine) {
  Edit("policy.toml", kPolicy, "[\"test-ca\"]", "[\"other\"]");

  EXPECT_THAT(Problems(), ElementsAre(StartsWith(Path("policy.toml") +
                                                 ":6: rules[0].issuers[0]: no issuer \"other\"")));
}

TEST_F(StartFilesTest, ProblemsOfBothFilesAndOfNamedOnesComeTogether) {
  Edit("certbrokerd.toml", kConfig, "[[issuers]]", "colour = \"blue\"\n[[issuers]]");
  Edit("policy.toml", kPolicy, "\"1\"", "1");
  Remove("agent-ca.pem");

  EXPECT_THAT(Problems(), ElementsAre(StartsWith(At(16, "policy.colour")),
                                      StartsWith(At(11, "agents.client_ca")),
                                      StartsWith(Path("policy.toml") + ":1: version: ")));
  EXPECT_THAT(Read(), IsError(Reason::kConfigInvalid, StartsWith("3 problems")));
}

// Which issuers there are is not known then.
TEST_F(StartFilesTest, ABrokenConfigurationDoesNotMakeIssuersUnknown) {
  Edit("certbrokerd.toml", kConfig, "name = \"test-ca\"", "name = \"Test CA\"");

  EXPECT_THAT(Problems(), ElementsAre(StartsWith(At(17, "issuers[0].name"))));
}

TEST_F(StartFilesTest, OneProblemIsTheWholeText) {
  Remove("agent-ca.pem");
  EXPECT_THAT(Read(), IsError(Reason::kConfigInvalid, StartsWith(At(11, "agents.client_ca"))));
}

TEST_F(StartFilesTest, AConfigurationThatIsNotThereIsNamed) {
  Remove("certbrokerd.toml");
  EXPECT_THAT(Problems(), ElementsAre(HasSubstr(Path("certbrokerd.toml"))));
}

}  // namespace
}  // namespace certbroker
