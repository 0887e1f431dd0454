// What a peer may present as its client certificate. Each bad case is right but for one thing, and
// must be refused for exactly that.
#include "pki/client_chain.h"

#include <functional>

#include "tests/pki/forge.h"
#include "tests/support/result_matchers.h"

namespace certbroker::pki {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

const Time kMeeting = *ParseRfc3339("2026-11-21T08:00:00Z");
constexpr hours kOneDay{24};

Certificate Made(const forge::CertificateRecipe& recipe, const forge::Key& subject,
                 const forge::Key& signer) {
  return *Certificate::Parse(forge::MakeCertificate(recipe, subject, signer));
}

forge::CertificateRecipe CaRecipe(const std::string& name, const std::string& issuer) {
  return {.subject = {{"CN", name}},
          .issuer = {{"CN", issuer}},
          .extensions = forge::CaExtensions(),
          .not_before = kMeeting - 30 * kOneDay,
          .not_after = kMeeting + 30 * kOneDay,
          .serial_hex = "01"};
}

// A client under an anchor, without an intermediate unless one is used.
struct Peer {
  forge::Key anchor_key = forge::Key::Ec();
  forge::Key intermediate_key = forge::Key::Ec();
  forge::Key leaf_key = forge::Key::Ec();
  forge::Key other_key = forge::Key::Ec();  // a stranger's

  forge::CertificateRecipe anchor = CaRecipe("Anchor", "Anchor");
  forge::CertificateRecipe intermediate = CaRecipe("Intermediate", "Anchor");
  forge::CertificateRecipe leaf{
      .subject = {{"CN", "web-01"}},
      .issuer = {{"CN", "Anchor"}},
      .extensions = {{"basicConstraints", "critical,CA:FALSE"},
                     {"keyUsage", "critical,digitalSignature"},
                     {"extendedKeyUsage", "clientAuth"},
                     {"subjectAltName", "URI:spiffe://example.org/agent/web-01"}},
      .not_before = kMeeting - hours(1),
      .not_after = kMeeting + hours(23)};

  const forge::Key* leaf_signer = &anchor_key;
  const forge::Key* intermediate_signer = &anchor_key;
  Time now = kMeeting;
  std::vector<Certificate> sent;     // behind the leaf
  std::vector<Certificate> trusted;  // besides the anchor
  bool anchor_is_trusted = true;

  Certificate Anchor() const { return Made(anchor, anchor_key, anchor_key); }
  Certificate Intermediate() const {
    return Made(intermediate, intermediate_key, *intermediate_signer);
  }
  // To be called when both are as they should be.
  void UseIntermediate() {
    leaf.issuer = intermediate.subject;
    leaf_signer = &intermediate_key;
    sent = {Intermediate()};
  }
  Result<Certificate> Verify() const {
    std::vector<Certificate> all = trusted;
    if (anchor_is_trusted) all.push_back(Anchor());
    return VerifyClientChain(Made(leaf, leaf_key, *leaf_signer), sent, *TrustAnchors::Of(all), now);
  }
};

struct GoodPeer {
  std::string_view name;
  std::function<void(Peer&)> make;
};

TEST(ClientChainTest, TakesWhatLeadsToTheAnchor) {
  const GoodPeer kCases[] = {
      {"the anchor itself issued it", [](Peer&) {}},
      {"the anchor sent along", [](Peer& p) { p.sent = {p.Anchor()}; }},
      {"one intermediate", [](Peer& p) { p.UseIntermediate(); }},
      {"intermediate and anchor in the wrong order",
       [](Peer& p) {
         p.UseIntermediate();
         p.sent.insert(p.sent.begin(), p.Anchor());
       }},
      {"strangers sent along",
       [](Peer& p) { p.sent.assign(5, Made(p.anchor, p.other_key, p.other_key)); }},
      {"serverAuth besides", [](Peer& p) { p.leaf.extensions[2].value = "serverAuth,clientAuth"; }},
      {"no key usage", [](Peer& p) { p.leaf.extensions.erase(p.leaf.extensions.begin() + 1); }},
      {"a key on P-521", [](Peer& p) { p.leaf_key = forge::Key::Ec("P-521"); }},
      {"an RSA key", [](Peer& p) { p.leaf_key = forge::Key::Rsa(2048); }},
      {"an RSA anchor", [](Peer& p) { p.anchor_key = forge::Key::Rsa(2048); }},
      {"an anchor signed with SHA-1", [](Peer& p) { p.anchor.digest = EVP_sha1(); }},
      {"no names", [](Peer& p) { p.leaf.extensions.pop_back(); }},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    Peer peer;
    c.make(peer);
    const auto end = peer.Verify();
    ASSERT_THAT(end, IsOk());
    EXPECT_EQ(end->spki_sha256(), peer.Anchor().spki_sha256());
  }
}

TEST(ClientChainTest, TellsWhichAnchorItEndsIn) {
  Peer peer;
  const auto root = Made(peer.anchor, peer.anchor_key, peer.anchor_key);
  const auto stranger = Made(CaRecipe("Stranger", "Stranger"), peer.other_key, peer.other_key);
  const auto anchors = *TrustAnchors::Of({stranger, root});
  const auto leaf = Made(peer.leaf, peer.leaf_key, peer.anchor_key);

  const auto end = VerifyClientChain(leaf, {}, anchors, kMeeting);

  ASSERT_THAT(end, IsOk());
  EXPECT_EQ(end->sha256(), root.sha256());
}

// Two agent CAs have the same name while one takes over from the other.
TEST(ClientChainTest, TellsAnchorsOfOneNameApartByTheirKeys) {
  Peer peer;
  auto old_ca = peer.anchor;
  old_ca.extensions.push_back({"subjectKeyIdentifier", "11111111"});
  auto new_ca = peer.anchor;
  new_ca.extensions.push_back({"subjectKeyIdentifier", "22222222"});
  const auto older = Made(old_ca, peer.anchor_key, peer.anchor_key);
  const auto newer = Made(new_ca, peer.other_key, peer.other_key);
  peer.leaf.extensions.push_back({"authorityKeyIdentifier", "DER:3006800422222222"});
  const auto leaf = Made(peer.leaf, peer.leaf_key, peer.other_key);

  for (const auto& list : {std::vector{older, newer}, std::vector{newer, older}}) {
    const auto end = VerifyClientChain(leaf, {}, *TrustAnchors::Of(list), kMeeting);
    ASSERT_THAT(end, IsOk());
    EXPECT_EQ(*end, newer);
  }
  EXPECT_THAT(VerifyClientChain(leaf, {}, *TrustAnchors::Of({older}), kMeeting),
              IsError(Reason::kIdentityInvalid));
}

TEST(ClientChainTest, AnAnchoredIntermediateIsTheEnd) {
  Peer peer;
  peer.UseIntermediate();
  peer.trusted = {peer.Intermediate()};
  peer.anchor_is_trusted = false;
  peer.sent = {};
  const auto end = peer.Verify();
  ASSERT_THAT(end, IsOk());
  EXPECT_EQ(*end, peer.trusted[0]);
}

// A CA by its key usage alone, as old ones are: an anchor, but nobody's identity.
TEST(ClientChainTest, AnAnchorIsNoClient) {
  const Peer peer;
  auto recipe = peer.anchor;
  recipe.extensions = {{"keyUsage", "critical,keyCertSign,digitalSignature"},
                       {"extendedKeyUsage", "clientAuth"}};
  const auto anchor = Made(recipe, peer.anchor_key, peer.anchor_key);
  const auto anchors = TrustAnchors::Of({anchor});
  ASSERT_THAT(anchors, IsOk());
  EXPECT_THAT(VerifyClientChain(anchor, {}, *anchors, kMeeting),
              IsError(Reason::kIdentityInvalid, HasSubstr("itself one of the CAs")));
}

TEST(ClientChainTest, LeavesTheLeafsDatesToTheCaller) {
  Peer expired;
  expired.leaf.not_after = kMeeting - seconds(1);
  EXPECT_THAT(expired.Verify(), IsOk());
  expired.UseIntermediate();
  EXPECT_THAT(expired.Verify(), IsOk());
  Peer early;
  early.leaf.not_before = kMeeting + hours(1);
  EXPECT_THAT(early.Verify(), IsOk());
}

struct BadPeer {
  std::string_view name;
  std::string_view says;
  std::function<void(Peer&)> make;
};

void ExpectUntrusted(const std::vector<BadPeer>& cases) {
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Peer peer;
    c.make(peer);
    EXPECT_THAT(peer.Verify(), IsError(Reason::kIdentityInvalid, HasSubstr(c.says)));
    // What is forgiven forgives nothing else.
    peer.leaf.not_after = kMeeting - seconds(1);
    EXPECT_THAT(peer.Verify(), IsError(Reason::kIdentityInvalid, HasSubstr(c.says)));
  }
}

TEST(ClientChainTest, RefusesWrongLeaves) {
  ExpectUntrusted({
      {"a CA", "it is a CA's", [](Peer& p) { p.leaf.extensions[0].value = "critical,CA:TRUE"; }},
      {"a server's", "does not name clientAuth",
       [](Peer& p) { p.leaf.extensions[2].value = "serverAuth"; }},
      {"any usage", "does not name clientAuth",
       [](Peer& p) { p.leaf.extensions[2].value = "anyExtendedKeyUsage"; }},
      {"no usage", "does not name clientAuth",
       [](Peer& p) { p.leaf.extensions.erase(p.leaf.extensions.begin() + 2); }},
      {"a key that may not sign", "purpose",
       [](Peer& p) { p.leaf.extensions[1].value = "critical,keyEncipherment"; }},
      {"a critical extension that nobody knows", "unhandled critical extension",
       [](Peer& p) {
         p.leaf.extensions.push_back({"1.2.3.4.5", "critical,DER:0500"});
       }},
      {"signed with SHA-1", "weak", [](Peer& p) { p.leaf.digest = EVP_sha1(); }},
      {"a small RSA key", "too weak", [](Peer& p) { p.leaf_key = forge::Key::Rsa(1024); }},
      {"a small curve", "too weak", [](Peer& p) { p.leaf_key = forge::Key::Ec("P-192"); }},
      {"self-signed", "which is no CA that is trusted here",
       [](Peer& p) {
         p.leaf.issuer = p.leaf.subject;
         p.leaf_signer = &p.leaf_key;
       }},
      {"signed by a stranger", "signature failure", [](Peer& p) { p.leaf_signer = &p.other_key; }},
      {"issued by a stranger", "issued by \"CN=Stranger\", which is no CA",
       [](Peer& p) {
         p.leaf.issuer = {{"CN", "Stranger"}};
       }},
      {"its own name for an issuer, and an escape in it", "issued by \"CN=a\\1B[2J\"",
       [](Peer& p) {
         p.leaf.issuer = {{"CN", "a\x1b[2J"}};
       }},
  });
}

TEST(ClientChainTest, RefusesWrongAuthorities) {
  ExpectUntrusted({
      {"nothing is trusted", "no CA that is trusted here",
       [](Peer& p) { p.anchor_is_trusted = false; }},
      {"its root sent along, but not trusted", "no CA that is trusted here",
       [](Peer& p) {
         p.anchor_is_trusted = false;
         p.sent = {p.Anchor()};
       }},
      {"anchor expired", "expired", [](Peer& p) { p.anchor.not_after = kMeeting - seconds(1); }},
      {"anchor from the future", "not yet valid",
       [](Peer& p) { p.anchor.not_before = kMeeting + hours(1); }},
      {"a weak anchor", "too weak", [](Peer& p) { p.anchor_key = forge::Key::Rsa(1024); }},
      {"an anchor for servers", "purpose",
       [](Peer& p) {
         p.anchor.extensions.push_back({"extendedKeyUsage", "serverAuth"});
       }},
      {"names outside of the anchor's constraints", "permitted subtree",
       [](Peer& p) {
         p.anchor.extensions.push_back(
             {"nameConstraints", "critical,permitted;URI:.elsewhere.example"});
       }},
      {"intermediate missing", "issued by \"CN=Intermediate\"",
       [](Peer& p) {
         p.UseIntermediate();
         p.sent = {};
       }},
      {"intermediate expired", "expired",
       [](Peer& p) {
         p.intermediate.not_after = kMeeting - seconds(1);
         p.UseIntermediate();
       }},
      {"intermediate signed with SHA-1", "weak",
       [](Peer& p) {
         p.intermediate.digest = EVP_sha1();
         p.UseIntermediate();
       }},
      {"intermediate with a small key", "too weak",
       [](Peer& p) {
         p.intermediate_key = forge::Key::Rsa(1024);
         p.UseIntermediate();
       }},
      {"intermediate signed by a stranger", "signature failure",
       [](Peer& p) {
         p.intermediate_signer = &p.other_key;
         p.UseIntermediate();
       }},
      {"the anchor allows none below it", "path length",
       [](Peer& p) {
         p.anchor.extensions[0].value = "critical,CA:TRUE,pathlen:0";
         p.UseIntermediate();
       }},
      {"intermediate that may not sign certificates", "\"CN=Intermediate\": invalid CA",
       [](Peer& p) {
         p.intermediate.extensions[1].value = "critical,cRLSign";
         p.UseIntermediate();
       }},
      // What an agent could do with its own certificate if CA:FALSE meant nothing.
      {"another client's certificate as intermediate", "\"CN=Intermediate\": invalid CA",
       [](Peer& p) {
         p.intermediate.extensions = p.leaf.extensions;
         p.UseIntermediate();
       }},
  });
}

TEST(ClientChainTest, RefusesMoreThanFiveIntermediatesUnseen) {
  Peer peer;
  peer.UseIntermediate();
  peer.sent.assign(5, peer.sent[0]);
  EXPECT_THAT(peer.Verify(), IsOk());
  peer.sent.push_back(peer.sent[0]);
  EXPECT_THAT(peer.Verify(), IsError(Reason::kIdentityInvalid, HasSubstr("6 certificates")));
  peer.sent.assign(100, peer.sent[0]);
  EXPECT_THAT(peer.Verify(), IsError(Reason::kIdentityInvalid, HasSubstr("100 certificates")));
}

TEST(ClientChainTest, WalksFiveIntermediates) {
  Peer peer;
  std::vector<forge::Key> keys(5, forge::Key::Ec());
  for (auto& key : keys) key = forge::Key::Ec();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::string issuer = i == 0 ? "Anchor" : "CA " + std::to_string(i - 1);
    peer.sent.push_back(Made(CaRecipe("CA " + std::to_string(i), issuer), keys[i],
                             i == 0 ? peer.anchor_key : keys[i - 1]));
  }
  peer.leaf.issuer = {{"CN", "CA 4"}};
  peer.leaf_signer = &keys[4];
  EXPECT_THAT(peer.Verify(), IsOk());
}

TEST(ClientChainTest, EndsWhereAuthoritiesCertifyEachOther) {
  Peer peer;
  peer.leaf.issuer = {{"CN", "A"}};
  peer.leaf_signer = &peer.other_key;
  peer.sent = {Made(CaRecipe("A", "B"), peer.other_key, peer.intermediate_key),
               Made(CaRecipe("B", "A"), peer.intermediate_key, peer.other_key),
               Made(CaRecipe("A", "A"), peer.other_key, peer.other_key)};
  EXPECT_THAT(peer.Verify(), IsError(Reason::kIdentityInvalid, HasSubstr("trusted")));
  peer.sent.pop_back();
  EXPECT_THAT(peer.Verify(), IsError(Reason::kIdentityInvalid, HasSubstr("trusted")));
}

TEST(ClientChainTest, NoBitOfALeafCanBeFlipped) {
  const Peer peer;
  const auto anchors = *TrustAnchors::Of({peer.Anchor()});
  const Bytes good = forge::MakeCertificate(peer.leaf, peer.leaf_key, peer.anchor_key);
  ASSERT_THAT(VerifyClientChain(*Certificate::Parse(good), {}, anchors, kMeeting), IsOk());
  for (std::size_t bit = 0; bit < good.size() * 8; bit += 3) {
    Bytes flipped = good;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    const auto certificate = Certificate::Parse(flipped);
    if (!certificate) continue;
    ASSERT_THAT(VerifyClientChain(*certificate, {}, anchors, kMeeting), Not(IsOk())) << bit;
  }
}

}  // namespace
}  // namespace certbroker::pki
