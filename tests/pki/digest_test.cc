#include "pki/digest.h"

#include "tests/support/result_matchers.h"

namespace certbroker::pki {
namespace {

// FIPS 180-4's examples, as NIST publishes them (CAVP SHA256ShortMsg and the one-block sample).
TEST(DigestTest, MatchesTheStandardsExamples) {
  EXPECT_EQ(Hex(Sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Hex(Sha256(AsBytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace certbroker::pki
