#include "service/engine/leaser.h"

#include <atomic>
#include <future>

#include "tests/fakes/capture_log.h"
#include "tests/fakes/fake_change_feed.h"
#include "tests/support/result_matchers.h"

namespace certbroker::engine {
namespace {

using std::chrono::milliseconds;

// Counts how often it is asked; tells a test when it has been asked n times.
class CountingSource final : public WorkSource {
 public:
  Result<std::optional<milliseconds>> LeaseDue() override {
    const MutexLock lock(mutex_);
    ++asked_;
    changed_.NotifyAll();
    return answer_;
  }
  void AnswerWith(Result<std::optional<milliseconds>> answer) {
    const MutexLock lock(mutex_);
    answer_ = std::move(answer);
  }
  // False when that does not happen within ten seconds.
  bool WaitUntilAsked(int times) {
    const MutexLock lock(mutex_);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (asked_ < times) {
      if (!changed_.WaitUntil(mutex_, deadline)) return false;
    }
    return true;
  }
  int asked() {
    const MutexLock lock(mutex_);
    return asked_;
  }

 private:
  Mutex mutex_;
  ConditionVariable changed_;
  int asked_ GUARDED_BY(mutex_) = 0;
  Result<std::optional<milliseconds>> answer_ GUARDED_BY(mutex_){std::optional<milliseconds>()};
};

class LeaserTest : public ::testing::Test {
 protected:
  fakes::FakeChangeFeed feed_;
  SystemClock clock_;  // the leaser's thread really waits
  CaptureLog log_;
  CountingSource source_;
  Leaser leaser_{{feed_, clock_, log_}, {&source_}};
};

TEST_F(LeaserTest, LooksAtOnceWhenItStarts) {
  leaser_.Start();
  EXPECT_TRUE(source_.WaitUntilAsked(1));
}

TEST_F(LeaserTest, AHintMakesItLook) {
  leaser_.Start();
  ASSERT_TRUE(source_.WaitUntilAsked(1));
  feed_.Deliver({{Channel::kWork, ""}});
  EXPECT_TRUE(source_.WaitUntilAsked(2));
}

TEST_F(LeaserTest, WhatFallsDueMakesItLook) {
  source_.AnswerWith(std::optional<milliseconds>(milliseconds{20}));
  leaser_.Start();
  EXPECT_TRUE(source_.WaitUntilAsked(4));
}

TEST_F(LeaserTest, AnEarlierTimeWins) {
  leaser_.Start();
  ASSERT_TRUE(source_.WaitUntilAsked(1));
  leaser_.Due(std::chrono::hours{1});
  leaser_.Due(milliseconds{5});
  EXPECT_TRUE(source_.WaitUntilAsked(2));
}

TEST_F(LeaserTest, ADatabaseThatIsAwayIsAskedAgainSoon) {
  source_.AnswerWith(Error(Reason::kDatabaseUnavailable, "gone"));
  leaser_.Start();
  EXPECT_TRUE(source_.WaitUntilAsked(3));
  EXPECT_FALSE(log_.lines().empty());
}

TEST_F(LeaserTest, StopEndsIt) {
  leaser_.Start();
  ASSERT_TRUE(source_.WaitUntilAsked(1));
  leaser_.Stop();
  const int asked = source_.asked();
  feed_.Deliver({{Channel::kWork, ""}});
  leaser_.Due(milliseconds{0});
  EXPECT_EQ(source_.asked(), asked);
}

}  // namespace
}  // namespace certbroker::engine
