#include "keystore/gate.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

namespace certbroker::keystore {
namespace {

constexpr SteadyTime kPassed = SteadyTime::min();
constexpr SteadyTime kNever = SteadyTime::max();

TEST(GateTest, LetsAnyNumberIn) {
  Gate gate;
  const auto a = gate.Enter(kPassed);
  const auto b = gate.Enter(kPassed);
  EXPECT_TRUE(a && b);
}

TEST(GateTest, IsNotDrainedWhileSomebodyIsInside) {
  Gate gate;
  auto pass = gate.Enter(kPassed);
  auto moved = std::optional<Gate::Pass>(std::move(*pass));
  pass.reset();
  gate.Close();
  EXPECT_FALSE(gate.Drain(kPassed));
  moved.reset();
  EXPECT_TRUE(gate.Drain(kPassed));
}

TEST(GateTest, KeepsOutUntilReopened) {
  Gate gate;
  gate.Close();
  EXPECT_FALSE(gate.Enter(kPassed));
  bool entered = false;
  {
    std::jthread waiter([&] { entered = gate.Enter(kNever).has_value(); });
    gate.Reopen();
  }
  EXPECT_TRUE(entered);
}

// A crowd that never lets up must not keep the one out who wants to close (a reader-writer lock
// does).
TEST(GateTest, ClosesThroughACrowd) {
  Gate gate;
  std::atomic<int> inside = 0;
  std::vector<std::jthread> crowd;
  crowd.reserve(4);
  for (int i = 0; i < 4; ++i) {
    crowd.emplace_back([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        const auto pass = gate.Enter(kNever);
        ++inside;
        --inside;
      }
    });
  }
  for (int i = 0; i < 200; ++i) {
    gate.Close();
    ASSERT_TRUE(gate.Drain(kNever));
    EXPECT_EQ(inside, 0);
    gate.Reopen();
  }
}

}  // namespace
}  // namespace certbroker::keystore
