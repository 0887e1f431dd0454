// What a CSR for an agent's identity is read for, and what is ignored in it.
#include "pki/agent_csr.h"

#include "pki/csr.h"
#include "pki/digest.h"
#include "tests/pki/forge.h"
#include "tests/support/result_matchers.h"

namespace certbroker::pki {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(AgentCsrTest, ReadsTheKey) {
  struct Case {
    std::string_view name;
    forge::Key key;
    KeyType type;
  };
  const Case kCases[] = {{"P-256", forge::Key::Ec(), KeyType::kEcP256},
                         {"P-384", forge::Key::Ec("P-384"), KeyType::kEcP384},
                         {"RSA", forge::Key::Rsa(2048), KeyType::kRsa2048}};
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    const auto csr = ParseAgentCsr(forge::MakeCsr(c.key, forge::CsrRecipe{.extensions = {}}));
    ASSERT_THAT(csr, IsOk());
    EXPECT_EQ(csr->spki_der, c.key.SpkiDer());
    EXPECT_EQ(csr->spki_sha256, Sha256(c.key.SpkiDer()));
    EXPECT_EQ(csr->key_type, c.type);
  }
}

TEST(AgentCsrTest, IgnoresWhatTheCsrAsksFor) {
  const forge::CsrRecipe kCases[] = {
      {.subject = {{"CN", "somebody else"}, {"O", "Example"}}, .extensions = {}},
      {.extensions = {{"subjectAltName", "URI:spiffe://example.org/agent/somebody-else"}}},
      {.extensions = {{"basicConstraints", "critical,CA:TRUE"},
                      {"keyUsage", "critical,keyCertSign"}}},
      {.extensions = {{"1.2.3.4.5", "critical,DER:0500"}}},
  };
  const forge::Key key = forge::Key::Ec();
  for (const auto& recipe : kCases) {
    const Bytes der = forge::MakeCsr(key, recipe);
    EXPECT_THAT(Csr::Parse(der), Not(IsOk()));
    const auto csr = ParseAgentCsr(der);
    ASSERT_THAT(csr, IsOk());
    EXPECT_EQ(csr->spki_der, key.SpkiDer());
  }
}

TEST(AgentCsrTest, RefusesKeysThatAreNotAllowed) {
  for (const std::string_view fixture :
       {"ec-p-224", "ec-p-521", "ec-secp256k1", "ec-explicit", "ec-compressed", "ed25519",
        "rsa-1024", "rsa-8192", "rsa-2048-e3", "rsa-pss-key", "rsa-roca"}) {
    SCOPED_TRACE(fixture);
    const std::string der = forge::ReadTestdata("pki/csr-" + std::string(fixture) + ".der");
    EXPECT_THAT(ParseAgentCsr(AsBytes(der)), IsError(Reason::kKeyTypeNotAllowed));
  }
}

TEST(AgentCsrTest, RefusesWhatItsKeyDidNotSign) {
  const forge::Key key = forge::Key::Ec();
  const forge::Key other = forge::Key::Ec();
  const auto swap_key = [&](X509_REQ* request) { X509_REQ_set_pubkey(request, other.get()); };
  const Bytes der =
      forge::MakeCsr(key, forge::CsrRecipe{.extensions = {}, .before_signing = swap_key});
  EXPECT_THAT(ParseAgentCsr(der), IsError(Reason::kCsrInvalid, HasSubstr("not signed by the key")));
  EXPECT_THAT(
      ParseAgentCsr(forge::MakeCsr(key, forge::CsrRecipe{.extensions = {}, .digest = EVP_sha1()})),
      IsError(Reason::kCsrInvalid, HasSubstr("SHA-256")));
}

TEST(AgentCsrTest, RefusesWhatIsNoCsr) {
  const Bytes good = forge::MakeCsr(forge::Key::Ec(), forge::CsrRecipe{.extensions = {}});
  Bytes trailing = good;
  trailing.push_back(0);
  const std::string pem = forge::Pem("CERTIFICATE REQUEST", good);
  struct Case {
    Bytes der;
    std::string_view says;
  };
  const Case kCases[] = {{{}, "empty"},
                         {Bytes(Csr::kMaxBytes + 1, 0x30), "16385 octets"},
                         {trailing, "something stands behind it"},
                         {ToBytes(AsBytes(pem)), "PEM"},
                         {forge::Der(0x30, {}), "not a PKCS #10"}};
  for (const auto& c : kCases) {
    EXPECT_THAT(ParseAgentCsr(c.der), IsError(Reason::kCsrInvalid, HasSubstr(c.says)));
  }
}

TEST(AgentCsrTest, NoBitOfACsrCanBeFlipped) {
  const Bytes good = forge::MakeCsr(forge::Key::Ec(), {"www.example.com"});
  ASSERT_THAT(ParseAgentCsr(good), IsOk());
  for (std::size_t bit = 0; bit < good.size() * 8; bit += 3) {
    Bytes flipped = good;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    ASSERT_THAT(ParseAgentCsr(flipped), Not(IsOk())) << "bit " << bit;
  }
}

}  // namespace
}  // namespace certbroker::pki
