// T29: what a wrong or malicious CA may deliver. Each case is right but for one thing, and must be
// refused for exactly that.
#include "pki/chain_verifier.h"

#include <functional>

#include "pki/csr.h"
#include "pki/digest.h"
#include "pki/pem_chain.h"
#include "tests/pki/forge.h"
#include "tests/support/result_matchers.h"

namespace certbroker::pki {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

const Time kNow = *ParseRfc3339("2026-11-21T08:00:00Z");
constexpr hours kDay{24};

std::vector<Identifier> Names(const std::vector<std::string>& texts) {
  std::vector<Identifier> names;
  names.reserve(texts.size());
  for (const std::string& text : texts) names.push_back(*Identifier::Parse(text));
  return names;
}

// A CA of three levels, with every key at hand.
struct Forgery {
  forge::Key root_key = forge::Key::Ec();
  forge::Key intermediate_key = forge::Key::Ec();
  forge::Key leaf_key = forge::Key::Ec();
  forge::Key other_key = forge::Key::Ec();  // a stranger's

  forge::CertificateRecipe root{.subject = {{"CN", "Root"}},
                                .issuer = {{"CN", "Root"}},
                                .extensions = forge::CaExtensions(),
                                .not_before = kNow - 365 * kDay,
                                .not_after = kNow + 3650 * kDay,
                                .serial_hex = "01"};
  forge::CertificateRecipe intermediate{.subject = {{"CN", "Intermediate"}},
                                        .issuer = {{"CN", "Root"}},
                                        .extensions = forge::CaExtensions(),
                                        .not_before = kNow - 365 * kDay,
                                        .not_after = kNow + 365 * kDay,
                                        .serial_hex = "02"};
  forge::CertificateRecipe leaf{.not_before = kNow - hours(1), .not_after = kNow + 90 * kDay};

  const forge::Key* leaf_signer = &intermediate_key;
  const forge::Key* intermediate_signer = &root_key;
  // Edits the finished chain (leaf, intermediate).
  std::function<void(std::vector<Bytes>&)> rearrange = [](auto&) {};

  std::vector<Identifier> names = Names({"www.example.com", "example.com"});
  Time now = kNow;
  std::optional<Time> ordered;
  std::vector<Bytes> anchors;  // the root, unless something is here

  Bytes RootDer() const { return forge::MakeCertificate(root, root_key, root_key); }
  Bytes IntermediateDer() const {
    return forge::MakeCertificate(intermediate, intermediate_key, *intermediate_signer);
  }

  Result<void> Verify() const {
    std::vector<Bytes> ders{forge::MakeCertificate(leaf, leaf_key, *leaf_signer),
                            IntermediateDer()};
    rearrange(ders);
    std::vector<Certificate> chain;
    for (const Bytes& der : ders) {
      ASSIGN_OR_RETURN(Certificate certificate, Certificate::Parse(der));
      chain.push_back(std::move(certificate));
    }
    std::string roots;
    for (const Bytes& der : anchors) roots += forge::Pem("CERTIFICATE", der);
    if (roots.empty()) roots = forge::Pem("CERTIFICATE", RootDer());
    ASSIGN_OR_RETURN(const TrustAnchors trusted, TrustAnchors::Parse(roots));
    return VerifyIssued(chain, {.names = names,
                                .spki_sha256 = Sha256(leaf_key.SpkiDer()),
                                .now = now,
                                .ordered = ordered,
                                .anchors = trusted});
  }

  // Replaces the leaf's subjectAltName.
  void Sans(const std::string& value) { leaf.extensions[3].value = value; }
};

TEST(ChainVerifierTest, TakesAChainMadeByOpenssl) {
  const auto chain = ParsePemChain(forge::ReadTestdata("pki/leaf.pem") +
                                   forge::ReadTestdata("pki/intermediate.pem"));
  const auto csr = Csr::Parse(AsBytes(forge::ReadTestdata("pki/csr-leaf.der")));
  ASSERT_THAT(chain, IsOk());
  ASSERT_THAT(csr, IsOk());
  const auto verify = [&](const std::string& roots, const std::vector<Certificate>& sent) {
    return VerifyIssued(sent, {.names = csr->names(),
                               .spki_sha256 = csr->spki_sha256(),
                               .now = kNow,
                               .ordered = std::nullopt,
                               .anchors = *TrustAnchors::Parse(roots)});
  };
  const std::string root = forge::ReadTestdata("pki/root.pem");
  const std::string other_root = forge::ReadTestdata("pki/other-root.pem");
  const auto cross = ParsePemChain(forge::ReadTestdata("pki/root-cross-signed.pem"))->front();
  std::vector<Certificate> with_cross = *chain;
  with_cross.push_back(cross);

  EXPECT_THAT(verify(root, *chain), IsOk());
  EXPECT_THAT(verify(other_root + root, *chain), IsOk());
  EXPECT_THAT(verify(other_root, *chain), IsError(Reason::kCertificateRefused));
  // The cross-signed root leads to the other one, and is one too many for those who have the first.
  EXPECT_THAT(verify(other_root, with_cross), IsOk());
  EXPECT_THAT(verify(root, with_cross), IsOk());
  EXPECT_THAT(verify(root + other_root, with_cross), IsOk());
}

struct GoodForgery {
  std::string_view name;
  std::function<void(Forgery&)> make;
};

TEST(ChainVerifierTest, TakesWhatCasLegitimatelyDo) {
  const GoodForgery kCases[] = {
      {"plain", [](Forgery&) {}},
      {"no subject", [](Forgery& f) { f.leaf.subject = {}; }},
      {"names in another order", [](Forgery& f) { f.Sans("DNS:example.com,DNS:www.example.com"); }},
      {"names asked for twice",
       [](Forgery& f) { f.names.push_back(*Identifier::Parse("example.com")); }},
      {"an address as the common name, as Pebble 2.4 does",
       [](Forgery& f) {
         f.names = {*Identifier::Parse("192.0.2.1")};
         f.leaf.subject = {{"CN", "192.0.2.1"}};
         f.Sans("IP:192.0.2.1");
       }},
      {"organisation in the subject",
       [](Forgery& f) {
         f.leaf.subject = {{"O", "Example"}, {"CN", "example.com"}};
       }},
      {"no extended key usage",
       [](Forgery& f) { f.leaf.extensions.erase(f.leaf.extensions.begin() + 2); }},
      {"clientAuth besides",
       [](Forgery& f) { f.leaf.extensions[2].value = "serverAuth,clientAuth"; }},
      {"no basic constraints",
       [](Forgery& f) { f.leaf.extensions.erase(f.leaf.extensions.begin()); }},
      {"CA's clock four minutes ahead", [](Forgery& f) { f.leaf.not_before = kNow + minutes(4); }},
      {"CA's clock five minutes ahead", [](Forgery& f) { f.leaf.not_before = kNow + minutes(5); }},
      {"expired within the tolerance", [](Forgery& f) { f.leaf.not_after = kNow - minutes(5); }},
      {"backdated by a day", [](Forgery& f) { f.leaf.not_before = kNow - kDay; }},
      {"waited a week at the CA while we were down",
       [](Forgery& f) {
         f.leaf.not_before = kNow - 7 * kDay;
         f.ordered = kNow - 7 * kDay + hours(1);
       }},
      {"five years, as Pebble does", [](Forgery& f) { f.leaf.not_after = kNow + 5 * 365 * kDay; }},
      {"six days", [](Forgery& f) { f.leaf.not_after = kNow + 6 * kDay; }},
      {"the root sent along",
       [](Forgery& f) {
         f.rearrange = [der = f.RootDer()](auto& chain) { chain.push_back(der); };
       }},
      {"something unrelated behind",
       [](Forgery& f) {
         f.rearrange = [der = forge::MakeCertificate(f.root, f.other_key, f.other_key)](
                           auto& chain) { chain.push_back(der); };
       }},
      {"an intermediate as the anchor", [](Forgery& f) { f.anchors = {f.IntermediateDer()}; }},
      {"a stranger's anchor of the same name first",
       [](Forgery& f) {
         forge::CertificateRecipe stranger = f.root;
         stranger.extensions.push_back({"subjectKeyIdentifier", "11111111"});
         f.root.extensions.push_back({"subjectKeyIdentifier", "22222222"});
         f.intermediate.extensions.push_back({"authorityKeyIdentifier", "DER:3006800422222222"});
         f.anchors = {forge::MakeCertificate(stranger, f.other_key, f.other_key), f.RootDer()};
       }},
      {"leaf alone under an anchored intermediate",
       [](Forgery& f) {
         f.anchors = {f.IntermediateDer()};
         f.rearrange = [](auto& chain) { chain.pop_back(); };
       }},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    Forgery forgery;
    c.make(forgery);
    EXPECT_THAT(forgery.Verify(), IsOk());
  }
}

struct BadForgery {
  std::string_view name;
  std::string_view check;
  std::string_view says;
  std::function<void(Forgery&)> make;
};

void ExpectEachRefused(const std::vector<BadForgery>& cases) {
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Forgery forgery;
    c.make(forgery);
    const auto verdict = forgery.Verify();
    ASSERT_THAT(verdict, IsError(Reason::kCertificateRefused, HasSubstr(c.says)));
    ASSERT_EQ(verdict.error().violations().size(), 1U) << verdict.error().detail();
    EXPECT_EQ(verdict.error().violations()[0].subject, c.check);
    EXPECT_THAT(verdict.error().violations()[0].description, HasSubstr(c.says));
  }
}

TEST(ChainVerifierTest, RefusesWrongLeaves) {
  ExpectEachRefused({
      {"another key", "key", "the CSR's has",
       [](Forgery& f) {
         f.rearrange = [&f](auto& chain) {
           chain[0] = forge::MakeCertificate(f.leaf, f.other_key, f.intermediate_key);
         };
       }},
      {"one name more", "names", "other.example.com",
       [](Forgery& f) { f.Sans("DNS:www.example.com,DNS:example.com,DNS:other.example.com"); }},
      {"one name less", "names", "it is for www.example.com, ordered was example.com, www",
       [](Forgery& f) { f.Sans("DNS:www.example.com"); }},
      {"another name", "names", "evil.example",
       [](Forgery& f) { f.Sans("DNS:www.example.com,DNS:evil.example"); }},
      {"a wildcard instead", "names", "*.example.com",
       [](Forgery& f) { f.Sans("DNS:*.example.com,DNS:www.example.com"); }},
      {"one name twice", "names", "example.com, example.com",
       [](Forgery& f) { f.Sans("DNS:www.example.com,DNS:example.com,DNS:example.com"); }},
      {"a trailing dot", "names", "example.com.,",
       [](Forgery& f) { f.Sans("DNS:www.example.com,DNS:example.com."); }},
      {"a NUL in a name", "names", "example.com?",
       [](Forgery& f) {
         f.leaf.subject = {};
         f.Sans(
             "DER:301e820f7777772e6578616d706c652e636f6d820c6578616d706c652e636f6d00"
             "0000");
         f.Sans("DER:301f820f7777772e6578616d706c652e636f6d820c6578616d706c652e636f6d00");
       }},
      {"an address besides", "names", "it is for 192.0.2.1",
       [](Forgery& f) { f.Sans("DNS:www.example.com,DNS:example.com,IP:192.0.2.1"); }},
      {"a URI besides", "names", "spiffe://fleet.example/agent/a",
       [](Forgery& f) {
         f.Sans("DNS:www.example.com,DNS:example.com,URI:spiffe://fleet.example/agent/a");
       }},
      {"a mail address besides", "names", "email:root@example.com",
       [](Forgery& f) { f.Sans("DNS:www.example.com,DNS:example.com,email:root@example.com"); }},
      {"no names", "names", "it is for nothing",
       [](Forgery& f) {
         f.leaf.subject = {};
         f.leaf.extensions.pop_back();
       }},
      {"another common name", "common-name", "\"evil.example\"",
       [](Forgery& f) {
         f.leaf.subject = {{"CN", "evil.example"}};
       }},
      {"an address that it is not for as the common name", "common-name", "\"192.0.2.1\"",
       [](Forgery& f) {
         f.leaf.subject = {{"CN", "192.0.2.1"}};
       }},
      {"a second common name", "common-name", "\"evil.example\"",
       [](Forgery& f) {
         f.leaf.subject = {{"CN", "example.com"}, {"CN", "evil.example"}};
       }},
      {"a CA", "ca", "CA:TRUE",
       [](Forgery& f) { f.leaf.extensions[0].value = "critical,CA:TRUE"; }},
      {"client usage only", "usage", "lacks serverAuth",
       [](Forgery& f) { f.leaf.extensions[2].value = "clientAuth"; }},
      {"any usage", "usage", "lacks serverAuth",
       [](Forgery& f) { f.leaf.extensions[2].value = "anyExtendedKeyUsage"; }},
  });
}

TEST(ChainVerifierTest, RefusesWrongValidity) {
  ExpectEachRefused({
      {"expired", "validity", "has expired",
       [](Forgery& f) { f.leaf.not_after = kNow - minutes(5) - seconds(1); }},
      {"from the future", "validity", "not valid yet",
       [](Forgery& f) { f.leaf.not_before = kNow + minutes(5) + seconds(1); }},
      {"backdated", "validity", "more than 24 hours before the order",
       [](Forgery& f) { f.leaf.not_before = kNow - kDay - seconds(1); }},
      {"backdated against the order", "validity", "more than 24 hours before the order",
       [](Forgery& f) {
         f.leaf.not_before = kNow - 7 * kDay;
         f.ordered = kNow - 6 * kDay + seconds(1);
       }},
      {"eleven years", "validity", "more than ten years",
       [](Forgery& f) { f.leaf.not_after = kNow + 11 * 366 * kDay; }},
      {"for ever", "validity", "9999-12-31",
       [](Forgery& f) { f.leaf.not_after = *ParseRfc3339("9999-12-31T23:59:59Z"); }},
      {"ends before it begins", "validity", "never valid",
       [](Forgery& f) { f.leaf.not_after = f.leaf.not_before - seconds(1); }},
      {"ends as it begins", "validity", "never valid",
       [](Forgery& f) { f.leaf.not_after = f.leaf.not_before; }},
  });
}

TEST(ChainVerifierTest, RefusesWrongChains) {
  ExpectEachRefused({
      {"nothing", "chain", "0 certificates",
       [](Forgery& f) { f.rearrange = [](auto& chain) { chain.clear(); }; }},
      {"eleven certificates", "chain", "11 certificates",
       [](Forgery& f) {
         f.rearrange = [](auto& chain) { chain.insert(chain.end(), 9, chain[1]); };
       }},
      {"leaf alone", "root", "issued by \"CN=Intermediate\"",
       [](Forgery& f) { f.rearrange = [](auto& chain) { chain.pop_back(); }; }},
      {"another root", "root", "issued by \"CN=Root\"",
       [](Forgery& f) {
         forge::CertificateRecipe root = f.root;
         root.subject = root.issuer = {{"CN", "Another Root"}};
         f.anchors = {forge::MakeCertificate(root, f.other_key, f.other_key)};
       }},
      {"its own root sent along", "root", "issued by \"CN=Rogue\"",
       [](Forgery& f) {
         f.root.subject = f.root.issuer = f.intermediate.issuer = {{"CN", "Rogue"}};
         forge::CertificateRecipe root = f.root;
         root.subject = root.issuer = {{"CN", "Root"}};
         f.anchors = {forge::MakeCertificate(root, f.other_key, f.other_key)};
         f.rearrange = [der = f.RootDer()](auto& chain) { chain.push_back(der); };
       }},
      {"self-signed leaf", "root", "issued by \"CN=www.example.com\"",
       [](Forgery& f) {
         f.leaf.issuer = f.leaf.subject;
         f.leaf_signer = &f.leaf_key;
         f.rearrange = [](auto& chain) { chain.pop_back(); };
       }},
      {"leaf signed by a stranger", "chain",
       "certificate 1 (\"CN=www.example.com\"): certificate "
       "signature failure",
       [](Forgery& f) { f.leaf_signer = &f.other_key; }},
      {"intermediate signed by a stranger", "chain",
       "certificate 2 (\"CN=Intermediate\"): "
       "certificate signature failure",
       [](Forgery& f) { f.intermediate_signer = &f.other_key; }},
      {"not linking", "chain", "issued by \"CN=Somebody\"",
       [](Forgery& f) {
         f.leaf.issuer = {{"CN", "Somebody"}};
       }},
      {"out of order", "chain", "out of order",
       [](Forgery& f) {
         f.rearrange = [der = forge::MakeCertificate(f.root, f.other_key, f.other_key)](
                           auto& chain) { chain.insert(chain.begin() + 1, der); };
       }},
      {"intermediate is no CA", "chain", "certificate 2",
       [](Forgery& f) { f.intermediate.extensions[0].value = "critical,CA:FALSE"; }},
      {"intermediate may not sign", "chain", "certificate 2",
       [](Forgery& f) { f.intermediate.extensions[1].value = "critical,cRLSign"; }},
      {"intermediate for clients", "chain", "certificate 2",
       [](Forgery& f) {
         f.intermediate.extensions.push_back({"extendedKeyUsage", "clientAuth"});
       }},
      {"intermediate expired", "chain", "certificate has expired",
       [](Forgery& f) { f.intermediate.not_after = kNow - seconds(1); }},
      {"intermediate from the future", "chain", "not yet valid",
       [](Forgery& f) { f.intermediate.not_before = kNow + hours(1); }},
      {"root expired", "chain", "certificate has expired",
       [](Forgery& f) { f.root.not_after = kNow - seconds(1); }},
      {"path too long", "chain", "path length",
       [](Forgery& f) { f.root.extensions[0].value = "critical,CA:TRUE,pathlen:0"; }},
      {"names outside the constraints", "chain", "permitted subtree",
       [](Forgery& f) {
         f.intermediate.extensions.push_back(
             {"nameConstraints", "critical,permitted;DNS:elsewhere.example"});
       }},
      {"unknown critical extension", "chain", "unhandled critical extension",
       [](Forgery& f) {
         f.leaf.extensions.push_back({"1.2.3.4.5", "critical,DER:0500"});
       }},
      {"precertificate", "chain", "certificate 1",
       [](Forgery& f) {
         f.leaf.extensions.push_back({"1.3.6.1.4.1.11129.2.4.3", "critical,DER:0500"});
       }},
      {"leaf signed with SHA-1", "chain", "weak", [](Forgery& f) { f.leaf.digest = EVP_sha1(); }},
      {"intermediate signed with SHA-1", "chain", "weak",
       [](Forgery& f) { f.intermediate.digest = EVP_sha1(); }},
      {"intermediate with a small key", "chain", "too weak",
       [](Forgery& f) { f.intermediate_key = forge::Key::Rsa(1024); }},
      {"leaf may only sign certificates", "chain", "certificate 1",
       [](Forgery& f) { f.leaf.extensions[1].value = "critical,cRLSign"; }},
  });
}

TEST(ChainVerifierTest, NamesAllThatIsWrongWithALeaf) {
  Forgery forgery;
  forgery.leaf.subject = {{"CN", "evil.example"}};
  forgery.Sans("DNS:www.example.com");
  forgery.leaf.not_after = kNow - hours(1);

  const auto verdict = forgery.Verify();

  ASSERT_THAT(verdict, IsError(Reason::kCertificateRefused));
  std::vector<std::string> checks;
  for (const Violation& violation : verdict.error().violations()) {
    checks.push_back(violation.subject);
  }
  EXPECT_THAT(checks, ::testing::ElementsAre("names", "common-name", "validity"));
}

TEST(ChainVerifierTest, QuotesHostileNamesHarmlessly) {
  Forgery forgery;
  forgery.leaf.subject = {{"CN", "a\x1b[2Jb"}};
  const auto verdict = forgery.Verify();
  ASSERT_THAT(verdict, IsError(Reason::kCertificateRefused));
  EXPECT_EQ(verdict.error().detail().find('\x1b'), std::string::npos);
}

TEST(ChainVerifierTest, NoBitOfAChainCanBeFlipped) {
  const Forgery forgery;
  const std::vector<Bytes> good{
      forge::MakeCertificate(forgery.leaf, forgery.leaf_key, forgery.intermediate_key),
      forgery.IntermediateDer()};
  const IssuedExpectation expectation{
      .names = forgery.names,
      .spki_sha256 = Sha256(forgery.leaf_key.SpkiDer()),
      .now = kNow,
      .anchors = *TrustAnchors::Parse(forge::Pem("CERTIFICATE", forgery.RootDer()))};
  const auto accepted = [&](const std::vector<Bytes>& ders) {
    std::vector<Certificate> chain;
    for (const Bytes& der : ders) {
      const auto certificate = Certificate::Parse(der);
      if (!certificate) return false;
      chain.push_back(*certificate);
    }
    return VerifyIssued(chain, expectation).has_value();
  };
  ASSERT_TRUE(accepted(good));
  for (std::size_t which = 0; which < good.size(); ++which) {
    for (std::size_t bit = 0; bit < good[which].size() * 8; bit += 3) {
      std::vector<Bytes> flipped = good;
      flipped[which][bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
      ASSERT_FALSE(accepted(flipped)) << "certificate " << which << ", bit " << bit;
    }
  }
}

}  // namespace
}  // namespace certbroker::pki
