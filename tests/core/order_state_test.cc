#include "core/order_state.h"

namespace certbroker {
namespace {

TEST(OrderStateTest, NamesRoundTrip) {
  for (const auto& traits : AllOrderStates())
    EXPECT_EQ(OrderStateFromName(traits.name), traits.state);
  EXPECT_EQ(OrderStateFromName("queued"), std::nullopt);
}

// I12: a terminal state is never left, and no other state is without a deadline.
TEST(OrderStateTest, TerminalStatesAreNeverLeftAndOthersHaveADeadline) {
  for (const auto& from : AllOrderStates()) {
    EXPECT_EQ(from.terminal, from.deadline == std::chrono::seconds{0}) << from.name;
    for (const auto& to : AllOrderStates()) {
      if (from.terminal && from.state != to.state) {
        EXPECT_FALSE(MayFollow(from.state, to.state)) << from.name << " to " << to.name;
      }
    }
  }
}

TEST(OrderStateTest, NothingGoesBackwards) {
  EXPECT_FALSE(MayFollow(OrderState::kFinalizing, OrderState::kReady));
  // Another attempt, as long as no CSR has been sent.
  EXPECT_TRUE(MayFollow(OrderState::kPlaced, OrderState::kQueued));
  EXPECT_TRUE(MayFollow(OrderState::kReady, OrderState::kQueued));
  EXPECT_FALSE(MayFollow(OrderState::kFinalizing, OrderState::kQueued));
  EXPECT_TRUE(MayFollow(OrderState::kQueued, OrderState::kReady));
}

TEST(OrderStateTest, FromFinalizeOnAnOrderCannotBeCancelled) {
  EXPECT_TRUE(MayFollow(OrderState::kReady, OrderState::kCancelled));
  EXPECT_FALSE(MayFollow(OrderState::kFinalizing, OrderState::kCancelled));
  EXPECT_FALSE(MayFollow(OrderState::kDownloading, OrderState::kCancelled));
  EXPECT_TRUE(MayFollow(OrderState::kDownloading, OrderState::kFailed));
}

}  // namespace
}  // namespace certbroker
