// T7: certificates that a confused or hostile peer could show, one per row.
#include "service/policy/peer_identity.h"

#include "pki/pem_chain.h"
#include "tests/service/policy/made_certificate.h"
#include "tests/support/result_matchers.h"

namespace certbroker::policy {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Result<AgentId> IdentityOf(const CertificateRecipe& recipe) {
  const auto chain = pki::ParsePemChain(MadeCertificate(recipe));
  if (!chain) return chain.error();
  return AgentIdentity(chain->front());
}

const std::string kUri = "spiffe://example.org/agent/web-01";

TEST(PeerIdentityTest, IsTheOnlyUriOctetForOctet) {
  struct Case {
    std::string name;
    CertificateRecipe recipe;
    std::string want;
  };
  const Case kCases[] = {
      {"plain", {.uris = {kUri}}, kUri},
      {"case of the path", {.uris = {"spiffe://e/Agent/WEB"}}, "spiffe://e/Agent/WEB"},
      {"other usages besides",
       {.uris = {kUri}, .extended_key_usage = "serverAuth,clientAuth"},
       kUri},
      {"critical usage", {.uris = {kUri}, .extended_key_usage = "critical,clientAuth"}, kUri},
      {"no basic constraints", {.uris = {kUri}, .basic_constraints = ""}, kUri},
      {"a DNS name says nothing", {.uris = {kUri}, .dns_names = {"spiffe://e/other"}}, kUri},
      {"nor an e-mail address", {.uris = {kUri}, .emails = {"spiffe://e/other"}}, kUri},
      {"nor a common name", {.uris = {kUri}, .common_name = "spiffe://e/other"}, kUri},
      {"longest",
       {.uris = {"spiffe://d/" + std::string(2037, 'p')}},
       "spiffe://d/" + std::string(2037, 'p')},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_THAT(IdentityOf(c.recipe), IsOkAndHolds(AgentId(c.want)));
  }
}

TEST(PeerIdentityTest, RefusesEverythingElse) {
  struct Case {
    std::string name;
    CertificateRecipe recipe;
    std::string says;
  };
  const auto uri = [](std::string text) { return CertificateRecipe{.uris = {std::move(text)}}; };
  const Case kCases[] = {
      // How many.
      {"no names at all", {.uris = {}}, "0 URI names"},
      {"common name only", {.uris = {}, .common_name = kUri}, "0 URI names"},
      {"DNS name only", {.uris = {}, .dns_names = {kUri}}, "0 URI names"},
      {"e-mail only", {.uris = {}, .emails = {kUri}}, "0 URI names"},
      {"two URIs", {.uris = {kUri, "spiffe://example.org/agent/web-02"}}, "2 URI names"},
      {"the same URI twice", {.uris = {kUri, kUri}}, "2 URI names"},
      {"a second of another scheme", {.uris = {kUri, "https://example.org/"}}, "2 URI names"},
      {"a second, empty one", {.uris = {kUri, ""}}, "2 URI names"},
      // What for.
      {"no usage", {.uris = {kUri}, .extended_key_usage = ""}, "clientAuth"},
      {"server only", {.uris = {kUri}, .extended_key_usage = "serverAuth"}, "clientAuth"},
      {"any usage", {.uris = {kUri}, .extended_key_usage = "anyExtendedKeyUsage"}, "clientAuth"},
      {"code signing", {.uris = {kUri}, .extended_key_usage = "codeSigning"}, "clientAuth"},
      {"a CA", {.uris = {kUri}, .basic_constraints = "critical,CA:TRUE"}, "CA's"},
      // NUL: a name that C code would read differently.
      {"NUL at the end", uri(kUri + std::string(1, '\0')), "path holds"},
      {"NUL in the path", uri(std::string("spiffe://e/web\0-01", 18)), "path holds"},
      {"NUL in the domain", uri(std::string("spiffe://e\0.example/a", 21)), "trust domain holds"},
      {"NUL first", uri(std::string("\0", 1) + kUri), "spiffe://"},
      // Scheme.
      {"empty", uri(""), "spiffe://"},
      {"upper-case scheme", uri("SPIFFE://example.org/agent/web-01"), "spiffe://"},
      {"mixed-case scheme", uri("Spiffe://example.org/agent/web-01"), "spiffe://"},
      {"https", uri("https://example.org/agent/web-01"), "spiffe://"},
      {"urn", uri("urn:spiffe:example.org:web-01"), "spiffe://"},
      {"one slash", uri("spiffe:/example.org/agent/web-01"), "spiffe://"},
      {"no scheme", uri("example.org/agent/web-01"), "spiffe://"},
      {"space in front", uri(" " + kUri), "spiffe://"},
      {"an operator's", uri("operator:local"), "spiffe://"},
      // Trust domain.
      {"no domain", uri("spiffe:///agent/web-01"), "no trust domain"},
      {"upper-case domain", uri("spiffe://Example.org/agent/web-01"), "trust domain holds"},
      {"port", uri("spiffe://example.org:443/agent/web-01"), "trust domain holds"},
      {"user", uri("spiffe://root@example.org/agent/web-01"), "trust domain holds"},
      {"encoded dot in domain", uri("spiffe://example%2eorg/agent/web-01"), "trust domain holds"},
      {"UTF-8 domain", uri("spiffe://ex\xC3\xA4mple.org/a"), "trust domain holds"},
      {"domain too long", uri("spiffe://" + std::string(256, 'd') + "/a"), "longer than 255"},
      {"domain alone", uri("spiffe://example.org"), "no path"},
      {"query behind domain", uri("spiffe://example.org?/a"), "trust domain holds"},
      // Path.
      {"empty path", uri("spiffe://example.org/"), "empty segment"},
      {"trailing slash", uri(kUri + "/"), "empty segment"},
      {"double slash", uri("spiffe://example.org//agent/web-01"), "empty segment"},
      {"dot segment", uri("spiffe://example.org/./agent/web-01"), "\"..\""},
      {"dot-dot segment", uri("spiffe://example.org/agent/x/../web-01"), "\"..\""},
      {"dot-dot at the end", uri("spiffe://example.org/agent/.."), "\"..\""},
      {"encoded dots", uri("spiffe://example.org/agent/%2e%2e/web-01"), "path holds"},
      {"encoded slash", uri("spiffe://example.org/agent%2Fweb-01"), "path holds"},
      {"encoded letter", uri("spiffe://example.org/agent/%77eb-01"), "path holds"},
      {"query", uri(kUri + "?x=1"), "path holds"},
      {"fragment", uri(kUri + "#x"), "path holds"},
      {"space behind", uri(kUri + " "), "path holds"},
      {"line end behind", uri(kUri + "\n"), "path holds"},
      {"star", uri("spiffe://example.org/agent/*"), "path holds"},
      {"comma", uri(kUri + ",spiffe://example.org/agent/db"), "path holds"},
      {"backslash", uri("spiffe://example.org/agent\\web-01"), "path holds"},
      {"Latin-1", uri("spiffe://example.org/agent/\xE4"), "path holds"},
      {"bidirectional override",
       uri("spiffe://example.org/\xE2\x80\xAE"
           "bew\xE2\x80\xAC"),
       "path holds"},
      {"too long", uri("spiffe://d/" + std::string(2038, 'p')), "longer than 2048"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_THAT(IdentityOf(c.recipe), IsError(Reason::kIdentityInvalid, HasSubstr(c.says)));
  }
}

TEST(PeerIdentityTest, QuotesTheUriHarmlessly) {
  const auto identity = IdentityOf({.uris = {"spiffe://e/\x1b[31m" + std::string(1000, 'x')}});
  ASSERT_THAT(identity, IsError(Reason::kIdentityInvalid));
  EXPECT_THAT(identity.error().detail(), Not(HasSubstr("\x1b")));
  EXPECT_LT(identity.error().detail().size(), 700U);
}

}  // namespace
}  // namespace certbroker::policy
