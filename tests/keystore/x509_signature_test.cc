#include "keystore/x509_signature.h"

#include "tests/support/result_matchers.h"

namespace certbroker::keystore {
namespace {

// r is one; s begins with `first`, the rest is zero.
Bytes RawPair(std::size_t half, std::uint8_t first) {
  Bytes raw(2 * half, 0);
  raw[half - 1] = 1;
  raw[half] = first;
  return raw;
}

TEST(X509SignatureTest, EcHalvesBecomeIntegersWithoutLeadingZeros) {
  const Bytes zeros31(31, 0);
  EXPECT_EQ(Hex(X509Signature(KeyKind::kEcP256, RawPair(32, 0x7F))),
            "3025"
            "020101"
            "02207f" +
                Hex(zeros31));
  // A top bit would make the INTEGER negative.
  EXPECT_EQ(Hex(X509Signature(KeyKind::kEcP256, RawPair(32, 0x80))),
            "3026"
            "020101"
            "02210080" +
                Hex(zeros31));
  EXPECT_EQ(Hex(X509Signature(KeyKind::kEcP384, RawPair(48, 0x01))),
            "3035"
            "020101"
            "023001" +
                Hex(Bytes(47, 0)));
}

TEST(X509SignatureTest, RsaStaysAsItIs) {
  const Bytes raw(256, 0xA5);
  EXPECT_EQ(X509Signature(KeyKind::kRsa2048, raw), raw);
}

}  // namespace
}  // namespace certbroker::keystore
