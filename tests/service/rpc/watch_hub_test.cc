// Who is told when: by a hint, without one, and when there is too much to do.
#include "service/rpc/watch_hub.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_change_feed.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_random.h"

namespace certbroker::rpc {
namespace {

using std::chrono::milliseconds;
using ::testing::Each;

constexpr milliseconds kStep{500};
constexpr milliseconds kLatest = WatchHub::kRemindAfter * 5 / 4;

// Its own thread asks the clock too, so what is told after an Advance counts from RemindDue's
// return on.
class WatchHubTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kWatches = 1'000;

  void WatchAll() {
    told_.assign(kWatches, 0);
    for (std::size_t i = 0; i < kWatches; ++i) Watch(i);
  }
  void Watch(std::size_t i) {
    watches_.push_back(hub_.Add(
        std::to_string(i),
        [this, i] {
          if (busy_) return false;
          ++told_[i];
          return true;
        },
        [](const Error&) {}));
  }
  void Advance(milliseconds by) {
    clock_.Advance(by);
    hub_.RemindDue();
  }
  void Hint(const std::string& payload) { feed_.Deliver({{Channel::kOrder, payload}}); }
  int Sum() const {
    int sum = 0;
    for (const int told : told_) sum += told;
    return sum;
  }
  // The most that were told in one step, while `time` passes.
  int MostPerStep(milliseconds time) {
    int most = 0;
    for (milliseconds passed{0}; passed < time; passed += kStep) {
      const int before = Sum();
      Advance(kStep);
      most = std::max(most, Sum() - before);
    }
    return most;
  }

  FakeClock clock_;
  FakeRandom random_;
  fakes::FakeChangeFeed feed_;
  std::vector<int> told_;
  std::atomic<bool> busy_ = false;
  WatchHub hub_{feed_, Channel::kOrder, clock_, random_};
  std::vector<std::unique_ptr<WatchHub::Watch>> watches_;
};

TEST_F(WatchHubTest, AHintTellsThoseWhoWatchIt) {
  WatchAll();
  Hint("7");
  EXPECT_EQ(told_[7], 1);
  EXPECT_EQ(Sum(), 1);
}

TEST_F(WatchHubTest, WithoutAnyHintEachIsToldOnceAndNotAllTogether) {
  WatchAll();
  const int most = MostPerStep(kLatest);
  EXPECT_THAT(told_, Each(::testing::Ge(1)));
  EXPECT_EQ(Sum(), static_cast<int>(kWatches));
  EXPECT_LT(most, static_cast<int>(kWatches) / 10);
}

TEST_F(WatchHubTest, AHintPutsTheReminderOff) {
  WatchAll();
  clock_.Advance(WatchHub::kRemindAfter * 3 / 4 - kStep);
  Hint("7");
  Advance(WatchHub::kRemindAfter / 2 + kStep);
  EXPECT_EQ(told_[7], 1);
}

TEST_F(WatchHubTest, AHintToLookAtEverythingIsSpread) {
  WatchAll();
  Hint("");
  EXPECT_EQ(Sum(), 0);
  const int most = MostPerStep(WatchHub::kLookAtAllWithin);
  EXPECT_THAT(told_, Each(1));
  EXPECT_LT(most, static_cast<int>(kWatches) / 10);
}

TEST_F(WatchHubTest, WhoPutItOffIsToldAgainAtOnceWhenItCan) {
  WatchAll();
  busy_ = true;
  Hint("7");
  EXPECT_EQ(Sum(), 0);
  busy_ = false;
  hub_.RemindDue();
  EXPECT_EQ(told_[7], 1);
  EXPECT_EQ(Sum(), 1);
}

TEST_F(WatchHubTest, WhoHasGoneIsNotTold) {
  WatchAll();
  watches_.clear();
  Hint("7");
  Hint("");
  Advance(2 * WatchHub::kRemindAfter);
  EXPECT_EQ(Sum(), 0);
}

}  // namespace
}  // namespace certbroker::rpc
