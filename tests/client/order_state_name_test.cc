#include "client/order_state_name.h"

#include <gtest/gtest.h>

#include "core/order_state.h"

namespace certbroker::client {
namespace {

TEST(OrderStateNameTest, EveryStateOfTheApiHasTheNameThatCoreKnows) {
  for (const OrderStateTraits& traits : AllOrderStates()) {
    v1::OrderState state = v1::ORDER_STATE_UNSPECIFIED;
    ASSERT_TRUE(v1::OrderState_Parse("ORDER_STATE_" + std::string(traits.name), &state));
    EXPECT_EQ(StateName(state), traits.name);
  }
}

TEST(OrderStateNameTest, AStateOfANewerServiceIsNoSurprise) {
  EXPECT_EQ(StateName(static_cast<v1::OrderState>(99)), "UNKNOWN");
}

}  // namespace
}  // namespace certbroker::client
