#include "bench/process_cpu.h"

#include <sys/wait.h>
#include <unistd.h>

#include <ctime>

#include "tests/support/result_matchers.h"

namespace certbroker::bench {
namespace {

using ::testing::Ge;

void Burn(double seconds) {
  const std::clock_t end = std::clock() + static_cast<std::clock_t>(seconds * CLOCKS_PER_SEC);
  while (std::clock() < end) {
  }
}

TEST(ProcessStatTest, ReadsTimesBehindANameWithBracketsAndBlanks) {
  const auto stat = ParseProcessStat(
      "42 (a) b (c) S 7 42 42 0 -1 4194560 1 2 3 4 150 50 300 100 20 0 1 0 9999 1 1", 100);
  ASSERT_THAT(stat, IsOk());
  EXPECT_EQ(stat->parent, 7);
  EXPECT_DOUBLE_EQ(stat->own_seconds, 2.0);
  EXPECT_DOUBLE_EQ(stat->ended_children_seconds, 4.0);
}

TEST(ProcessStatTest, RefusesALineThatIsNotOne) {
  EXPECT_THAT(ParseProcessStat("42 postgres S 7", 100), IsError(Reason::kInternal));
  EXPECT_THAT(ParseProcessStat("42 (postgres) S 7 42", 100), IsError(Reason::kInternal));
}

TEST(CpuSecondsTest, CountsAChildThatHasEnded) {
  const auto before = CpuSeconds(::getpid());
  ASSERT_THAT(before, IsOk());
  const pid_t child = ::fork();
  if (child == 0) {
    Burn(0.2);
    ::_exit(0);
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_THAT(CpuSeconds(::getpid()), IsOkAndHolds(Ge(*before + 0.15)));
}

TEST(CpuSecondsTest, MissesAProcessThatIsNotThere) {
  EXPECT_THAT(CpuSeconds(-5), IsError(Reason::kNotFound));
}

}  // namespace
}  // namespace certbroker::bench
