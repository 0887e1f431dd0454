#include "keystore/hsm_workers.h"

#include <future>

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

TEST_F(HsmWorkersTest, SaysSoAfterStop) {
  HsmWorkers workers(1, clock_);
  workers.Stop();
  EXPECT_THAT(workers.Call<int>(SteadyTime::max(), [] { return Result<int>(1); }),
              IsError(Reason::kHsmUnavailable));
}

}  // namespace
}  // namespace certbroker::keystore
