#include "keystore/hsm_workers.h"

#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include "tests/support/result_matchers.h"

namespace certbroker::keystore {
namespace {

class HsmWorkersTest : public ::testing::Test {
 protected:
  SteadyTime In(std::chrono::milliseconds time) { return clock_.Tick() + time; }
  SystemClock clock_;
};

TEST_F(HsmWorkersTest, BringsTheAnswerBack) {
  HsmWorkers workers(2, clock_);
  EXPECT_THAT(workers.Call<int>(SteadyTime::max(), [] { return Result<int>(7); }), IsOkAndHolds(7));
  EXPECT_THAT(workers.Call<int>(SteadyTime::max(),
                                [] { return Result<int>(Error(Reason::kHsmKeyMissing, "")); }),
              IsError(Reason::kHsmKeyMissing));
}

TEST_F(HsmWorkersTest, RunsNothingForADeadlineThatHasPassed) {
  HsmWorkers workers(1, clock_);
  bool ran = false;
  EXPECT_THAT(workers.Call<int>(clock_.Tick(),
                                [&] {
                                  ran = true;
                                  return Result<int>(1);
                                }),
              IsError(Reason::kHsmUnavailable));
  workers.Stop();
  EXPECT_FALSE(ran);
}

TEST_F(HsmWorkersTest, TheCallerLeavesAtTheDeadlineAndTheWorkGoesOn) {
  std::promise<void> release;
  bool finished = false;
  HsmWorkers workers(1, clock_);
  EXPECT_THAT(workers.Call<int>(In(std::chrono::milliseconds(20)),
                                [&] {
                                  release.get_future().wait();
                                  finished = true;
                                  return Result<int>(1);
                                }),
              IsError(Reason::kHsmUnavailable));
  // Queued behind it, and out of time before its turn: never begun.
  bool late_ran = false;
  EXPECT_THAT(workers.Call<int>(In(std::chrono::milliseconds(20)),
                                [&] {
                                  late_ran = true;
                                  return Result<int>(1);
                                }),
              IsError(Reason::kHsmUnavailable));
  release.set_value();
  workers.Stop();
  EXPECT_TRUE(finished);
  EXPECT_FALSE(late_ran);
}

// Short calls are left to as many workers as there are processors; when those hang, others come.
TEST_F(HsmWorkersTest, HangingCallsLeaveTheOtherWorkersToTheRest) {
  HsmWorkers workers(8, clock_);
  for (int i = 0; i < 100; ++i) {
    ASSERT_THAT(workers.Call<int>(SteadyTime::max(), [] { return Result<int>(1); }), IsOk());
  }
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  for (int i = 0; i < 7; ++i) {
    EXPECT_THAT(workers.Call<int>(In(std::chrono::milliseconds(5)),
                                  [released] {
                                    released.wait();
                                    return Result<int>(1);
                                  }),
                IsError(Reason::kHsmUnavailable));
  }
  for (int i = 0; i < 100; ++i) {
    EXPECT_THAT(
        workers.Call<int>(In(std::chrono::milliseconds(1000)), [] { return Result<int>(2); }),
        IsOkAndHolds(2));
  }
  release.set_value();
}

TEST_F(HsmWorkersTest, LongCallsRunSideBySide) {
  HsmWorkers workers(16, clock_);
  const auto slow = [] {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return Result<int>(1);
  };
  const SteadyTime begun = clock_.Tick();
  std::vector<std::jthread> callers;
  for (int i = 0; i < 16; ++i) {
    callers.emplace_back([&] {
      for (int n = 0; n < 10; ++n) EXPECT_THAT(workers.Call<int>(SteadyTime::max(), slow), IsOk());
    });
  }
  callers.clear();
  // 1.6 s one after the other; the first few may still be taken for short ones.
  EXPECT_LT(clock_.Tick() - begun, std::chrono::milliseconds(800));
}

// One worker less would do if a wake-up got lost: a caller would wait beside idle workers.
TEST_F(HsmWorkersTest, AsManyCallsAsThereAreWorkersAreUnderWayAtOnce) {
  constexpr int kWorkers = 16;
  HsmWorkers workers(kWorkers, clock_);
  for (int round = 0; round < 20; ++round) {
    // After short calls few workers take part, until calls turn out to be long.
    for (int i = 0; i < 50; ++i)
      ASSERT_THAT(workers.Call<int>(SteadyTime::max(), [] { return Result<int>(1); }), IsOk());
    std::atomic<int> begun = 0;
    std::atomic<int> met = 0;
    const SteadyTime limit = In(std::chrono::milliseconds(5000));
    {
      std::vector<std::jthread> callers;
      for (int i = 0; i < kWorkers; ++i) {
        callers.emplace_back([&] {
          met += *workers.Call<int>(SteadyTime::max(), [&] {
            ++begun;
            while (begun < kWorkers && clock_.Tick() < limit)
              std::this_thread::sleep_for(std::chrono::milliseconds(1));
            return Result<int>(begun == kWorkers ? 1 : 0);
          });
        });
      }
    }
    ASSERT_EQ(met, kWorkers) << "round " << round;
  }
}

TEST_F(HsmWorkersTest, ManyCallersGetTheirOwnAnswers) {
  HsmWorkers workers(4, clock_);
  std::vector<std::jthread> callers;
  for (int i = 0; i < 16; ++i) {
    callers.emplace_back([&workers, i] {
      for (int n = 0; n < 500; ++n) {
        const int mine = i * 1000 + n;
        ASSERT_THAT(workers.Call<int>(SteadyTime::max(), [mine] { return Result<int>(mine); }),
                    IsOkAndHolds(mine));
      }
    });
  }
}

TEST_F(HsmWorkersTest, SaysSoAfterStop) {
  HsmWorkers workers(1, clock_);
  workers.Stop();
  EXPECT_THAT(workers.Call<int>(SteadyTime::max(), [] { return Result<int>(1); }),
              IsError(Reason::kHsmUnavailable));
}

}  // namespace
}  // namespace certbroker::keystore
