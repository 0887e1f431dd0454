#include "core/agent.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace certbroker {
namespace {

using enum AgentCaState;

const std::vector<AgentCaState> kAllCaStates = {kPrepared, kActive, kRetired, kTainted, kRevoked};

TEST(AgentTest, NamesOfStatesRoundTrip) {
  for (const AgentState state : {AgentState::kActive, AgentState::kBanned})
    EXPECT_EQ(AgentStateFrom(ToString(state)), state);
  for (const AgentCaState state : kAllCaStates) EXPECT_EQ(AgentCaStateFrom(ToString(state)), state);
  EXPECT_EQ(AgentStateFrom("active"), std::nullopt);
  EXPECT_EQ(AgentCaStateFrom("BANNED"), std::nullopt);
}

TEST(AgentTest, ACaMovesOnlyAsItsStatesSay) {
  const std::vector<std::pair<AgentCaState, AgentCaState>> ways = {
      {kPrepared, kActive}, {kPrepared, kRevoked}, {kActive, kRetired},
      {kRetired, kTainted}, {kRetired, kRevoked},  {kTainted, kRevoked}};
  for (const AgentCaState from : kAllCaStates) {
    for (const AgentCaState to : kAllCaStates) {
      const bool is_a_way = std::find(ways.begin(), ways.end(), std::pair(from, to)) != ways.end();
      EXPECT_EQ(MayFollow(from, to), is_a_way || from == to)
          << ToString(from) << " to " << ToString(to);
    }
  }
}

}  // namespace
}  // namespace certbroker
