#include "core/ids.h"

#include <set>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_random.h"

namespace certbroker {
namespace {

TEST(UuidTest, ParsesAndPrintsTheCanonicalForm) {
  const auto uuid = Uuid::Parse("0193A5B2-0000-7000-8000-0123456789ab");
  ASSERT_TRUE(uuid.has_value());
  EXPECT_EQ(uuid->ToString(), "0193a5b2-0000-7000-8000-0123456789ab");
}

TEST(UuidTest, RefusesOtherForms) {
  for (const std::string_view bad :
       {"", "0193a5b2", "0193a5b2000070008000-0123456789ab----",
        "0193a5b2-0000-7000-8000-0123456789ag", "{193a5b2-0000-7000-8000-0123456789ab}",
        "0193a5b2-0000-7000-8000-0123456789ab "}) {
    EXPECT_EQ(Uuid::Parse(bad), std::nullopt) << bad;
  }
}

TEST(UuidTest, VersionSevenSortsByTimeAndNeverRepeats) {
  FakeClock clock;
  FakeRandom random;
  std::set<Uuid> seen;
  Uuid last;
  for (int i = 0; i < 1'000; ++i) {
    const Uuid next = Uuid::V7(clock.Now(), random);
    EXPECT_TRUE(seen.insert(next).second);
    EXPECT_GT(next, last);
    EXPECT_EQ(next.ToString()[14], '7');
    EXPECT_NE(std::string("89ab").find(next.ToString()[19]), std::string::npos);
    last = next;
    clock.Advance(std::chrono::milliseconds{1});
  }
}

TEST(RandomTest, BelowStaysBelow) {
  FakeRandom random;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1'000; ++i) seen.insert(random.Below(7));
  EXPECT_EQ(seen, (std::set<std::uint64_t>{0, 1, 2, 3, 4, 5, 6}));
}

}  // namespace
}  // namespace certbroker
