#include "core/backoff.h"

#include "tests/fakes/fake_random.h"

namespace certbroker {
namespace {

using std::chrono::milliseconds;

// mod_md CVE-2025-55753: a counter overflowed after weeks of failures, the delay became 0, and the
// CA was hammered.
TEST(BackoffTest, NeverZeroNeverNegativeNeverAboveTheCap) {
  FakeRandom random;
  const BackoffLimits limits{milliseconds{1'000}, milliseconds{60'000}};
  for (int n = 0; n < 100'000; n = n < 100 ? n + 1 : n * 2) {
    const auto wait = Backoff(n, limits, random);
    EXPECT_GE(wait, milliseconds{500}) << n;
    EXPECT_LE(wait, milliseconds{60'000}) << n;
  }
  EXPECT_GE(Backoff(2'000'000'000, limits, random), milliseconds{30'000});
}

TEST(BackoffTest, DoublesFromTheFirstWait) {
  FakeRandom random;
  const BackoffLimits limits{milliseconds{100}, milliseconds{100'000}};
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_LE(Backoff(0, limits, random), milliseconds{100});
    EXPECT_GE(Backoff(3, limits, random), milliseconds{400});
    EXPECT_LE(Backoff(3, limits, random), milliseconds{800});
  }
}

}  // namespace
}  // namespace certbroker
