#include "keystore/key_kind.h"

#include "tests/support/result_matchers.h"

namespace certbroker::keystore {
namespace {

TEST(KeyKindTest, NamesGoBothWays) {
  for (const KeyKind kind : kAllKeyKinds) EXPECT_EQ(KeyKindFromName(ToString(kind)), kind);
  for (const std::string_view name : {"", "es256", "EdDSA", "ES512", "RS256-1024", "HS256"}) {
    EXPECT_EQ(KeyKindFromName(name), std::nullopt) << name;
  }
}

// RFC 7518 §3.3, §3.4.
TEST(KeyKindTest, SignaturesAndDigestsHaveTheLengthsOfTheirAlgorithm) {
  const struct {
    KeyKind kind;
    std::size_t signature;
    std::size_t digest;
  } cases[] = {{KeyKind::kEcP256, 64, 32},
               {KeyKind::kEcP384, 96, 48},
               {KeyKind::kRsa2048, 256, 32},
               {KeyKind::kRsa3072, 384, 32}};
  for (const auto& c : cases) {
    EXPECT_EQ(SignatureOctets(c.kind), c.signature);
    EXPECT_EQ(DigestOctets(c.kind), c.digest);
    EXPECT_EQ(DigestFor(c.kind, AsBytes("text")).size(), c.digest);
  }
}

}  // namespace
}  // namespace certbroker::keystore
