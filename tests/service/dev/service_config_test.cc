#include "service/dev/service_config.h"

#include "tests/support/result_matchers.h"

namespace certbroker::dev {
namespace {

using ::testing::HasSubstr;

TEST(ServiceConfigTest, TomlStringsAreQuoted) {
  struct Case {
    std::string_view name, text, want;
  };
  const Case kCases[] = {
      {"plain", "/a b/c", "\"/a b/c\""},
      {"quote", "a\"b", "\"a\\\"b\""},
      {"backslash", "a\\b", "\"a\\\\b\""},
      {"newline_cannot_begin_a_new_key", "a\nb", "\"a\\u000Ab\""},
      {"utf8_is_kept", "Grün", "\"Grün\""},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(TomlString(c.text), c.want);
  }
}

TEST(ServiceConfigTest, ServiceFileNamesEveryPart) {
  const std::string text = ServiceToml({.database_url = "postgresql:///certbroker?host=/d/run",
                                        .module = "/lib/m.so",
                                        .token = "t",
                                        .pin_file = "/d/pin",
                                        .ledger_key_uri = "pkcs11:object=ledger",
                                        .agent_ca_key_uri = "pkcs11:object=agent-ca",
                                        .listen = "127.0.0.1:20001",
                                        .tls = {"/d/service.pem", "/d/service.key"},
                                        .client_ca = "/d/ca.pem",
                                        .operator_socket = "/d/run/operator.sock",
                                        .policy = "/d/policy.toml",
                                        .directory_url = "https://localhost:20002/dir",
                                        .tls_roots = "/d/tls.pem",
                                        .roots = "/d/roots.pem",
                                        .dns_program = "/d/dns-record"});

  for (const std::string_view line :
       {"[database]\nurl = \"postgresql:///certbroker?host=/d/run\"\n",
        "[keystore]\nmodule = \"/lib/m.so\"\ntoken = \"t\"\npin_file = \"/d/pin\"\n",
        "[agents]\nlisten = \"127.0.0.1:20001\"\ncertificate = \"/d/service.pem\"\n"
        "key = \"/d/service.key\"\nclient_ca = \"/d/ca.pem\"\n",
        "[identity]\ntrust_domain = \"dev.certbroker.test\"\nca_key = \"pkcs11:object=agent-ca\"\n"
        "server_ca = \"/d/ca.pem\"\naddresses = [\"127.0.0.1:20001\"]\n",
        "[operators]\nsocket = \"/d/run/operator.sock\"\n", "[policy]\nfile = \"/d/policy.toml\"\n",
        "[[issuers]]\nname = \"pebble\"\ndirectory = \"https://localhost:20002/dir\"\n"
        "tls_roots = \"/d/tls.pem\"\nroots = \"/d/roots.pem\"\naccount = \"main\"\n",
        "[[solvers]]\nname = \"dev-dns\"\ntype = \"program\"\nzones = [\"dns.test\"]\n"
        "style = \"lego_exec\"\nargv = [\"/d/dns-record\"]\npropagation = \"off\"\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(ServiceConfigTest, PolicyGrantsEachAgentItsOwnNames) {
  const std::string text =
      PolicyToml({{"a", "spiffe://x/a", {"app.test", ".apps.test"}}, {"b", "spiffe://x/b", {"b"}}});

  EXPECT_THAT(text, HasSubstr("version = \"dev\"\n"));
  EXPECT_THAT(text, HasSubstr("[[rules]]\nname = \"a\"\nagents = [\"spiffe://x/a\"]\n"
                              "names = [\"app.test\", \".apps.test\"]\nissuers = [\"pebble\"]\n"));
  EXPECT_THAT(text, HasSubstr("[[rules]]\nname = \"b\"\nagents = [\"spiffe://x/b\"]\n"
                              "names = [\"b\"]\nissuers = [\"pebble\"]\n"));
}

}  // namespace
}  // namespace certbroker::dev
