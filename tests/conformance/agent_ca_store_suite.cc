// tests/conformance/agent_ca_store_suite.cc: what every AgentCaStore does.
#include <algorithm>

#include "tests/conformance/agent_suite.h"
#include "tests/conformance/heard_hints.h"

namespace certbroker {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using enum AgentCaState;

class AgentCaStoreSuite : public AgentSuite {
 protected:
  AgentCa NewCa(const std::string& key, AgentCaState state = kPrepared) {
    return {.id = NewId<AgentCaId>(),
            .state = state,
            .key_uri = "pkcs11:token=certbroker;object=" + key,
            .certificate = Bytes{0x30, 0x00, 0xff, static_cast<std::uint8_t>(key.back())},
            .create_time = {}};
  }
  AgentCa Add(const std::string& key, AgentCaState state = kPrepared) {
    AgentCa ca = NewCa(key, state);
    Must(agent_cas().Add(ca));
    return ca;
  }
  Result<AgentCa> SetState(const AgentCa& ca, AgentCaState state) {
    return agent_cas().SetState(ca.id, state);
  }
  std::vector<AgentCaState> States() {
    std::vector<AgentCaState> states;
    for (const AgentCa& ca : Must(agent_cas().All())) states.push_back(ca.state);
    return states;
  }
  // A CA that is in that state.
  AgentCa MakeIn(AgentCaState state, const std::string& key) {
    AgentCa ca = Add(key);
    if (state == kPrepared) return ca;
    if (state == kRevoked) return Must(SetState(ca, kRevoked));
    ca = Must(SetState(ca, kActive));
    if (state == kActive) return ca;
    Must(SetState(Add(key + "-next"), kActive));
    if (state == kTainted) Must(SetState(ca, kTainted));
    return ca;
  }
};

TEST_P(AgentCaStoreSuite, ACaIsKeptAsItWasGiven) {
  EXPECT_THAT(Must(agent_cas().All()), IsEmpty());
  const AgentCa first = Add("ca-1", kActive);
  const AgentCa second = Add("ca-2");

  const auto all = Must(agent_cas().All());

  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].id, first.id);
  EXPECT_EQ(all[0].state, kActive);
  EXPECT_EQ(all[0].key_uri, first.key_uri);
  EXPECT_EQ(all[0].certificate, first.certificate);
  EXPECT_EQ(all[1].id, second.id);
  EXPECT_EQ(all[1].state, kPrepared);
  EXPECT_LE(all[0].create_time, all[1].create_time);
}

TEST_P(AgentCaStoreSuite, AKeyIsThatOfOneCa) {
  const AgentCa ca = Add("ca-1");

  EXPECT_THAT(agent_cas().Add(NewCa("ca-1")), IsError(Reason::kAlreadyExists));
  EXPECT_THAT(agent_cas().Add(NewCa("ca-1", kActive)), IsError(Reason::kAlreadyExists));
  EXPECT_THAT(agent_cas().Add(ca), IsOk());  // asked again: its answer was lost
  EXPECT_THAT(States(), ElementsAre(kPrepared));
}

TEST_P(AgentCaStoreSuite, AKeyUriWithAPinIsRefused) {
  AgentCa ca = NewCa("ca-1");
  ca.key_uri += "?pin-value=1234";

  EXPECT_THAT(agent_cas().Add(ca), IsError(Reason::kInvalidArgument));
  EXPECT_THAT(States(), IsEmpty());
}

TEST_P(AgentCaStoreSuite, TheFirstReplicaMakesTheFirstCa) {
  constexpr int kReplicas = 8;
  std::vector<AgentCa> cas;
  for (int i = 0; i < kReplicas; ++i) cas.push_back(NewCa("ca-" + std::to_string(i), kActive));

  AtOnce(kReplicas,
         [&](int i) { EXPECT_THAT(agent_cas().Add(cas[static_cast<std::size_t>(i)]), IsOk()); });

  EXPECT_THAT(States(), ElementsAre(kActive));
}

// Of the key that the faster replica took, too.
TEST_P(AgentCaStoreSuite, ALateFirstCaIsNotStored) {
  Add("ca-1", kActive);

  EXPECT_THAT(agent_cas().Add(NewCa("ca-1", kActive)), IsOk());
  EXPECT_THAT(agent_cas().Add(NewCa("ca-2", kActive)), IsOk());

  EXPECT_THAT(States(), ElementsAre(kActive));
}

TEST_P(AgentCaStoreSuite, APreparedCaTakesTheActiveOnesPlace) {
  Add("ca-1", kActive);
  const AgentCa next = Add("ca-2");

  const AgentCa active = Must(SetState(next, kActive));

  EXPECT_EQ(active.id, next.id);
  EXPECT_EQ(active.state, kActive);
  EXPECT_EQ(active.certificate, next.certificate);
  EXPECT_THAT(States(), ElementsAre(kRetired, kActive));
}

TEST_P(AgentCaStoreSuite, WithoutAnActiveOneAPreparedCaBecomesTheFirst) {
  const AgentCa ca = Add("ca-1");
  EXPECT_THAT(SetState(ca, kActive), IsOk());
  EXPECT_THAT(States(), ElementsAre(kActive));
}

TEST_P(AgentCaStoreSuite, OnlyTheTransitionsOfItsStatesArePossible) {
  int keys = 0;
  for (const AgentCaState from : {kPrepared, kActive, kRetired, kTainted, kRevoked}) {
    for (const AgentCaState to : {kPrepared, kActive, kRetired, kTainted, kRevoked}) {
      SCOPED_TRACE(std::string(ToString(from)).append(" to ").append(ToString(to)));
      const AgentCa ca = MakeIn(from, "ca-" + std::to_string(++keys));
      const auto result = SetState(ca, to);
      if (from == to || (MayFollow(from, to) && to != kRetired)) {
        ASSERT_THAT(result, IsOk());
        EXPECT_EQ(result->state, to);
      } else {
        EXPECT_THAT(result, IsError(Reason::kAgentCaStateConflict));
      }
    }
  }
}

TEST_P(AgentCaStoreSuite, AnUnknownCaIsNotFound) {
  EXPECT_THAT(SetState(NewCa("ca-1"), kActive), IsError(Reason::kNotFound));
}

TEST_P(AgentCaStoreSuite, OfManyActivatedAtOnceOneIsActive) {
  constexpr int kCas = 8;
  std::vector<AgentCa> cas;
  for (int i = 0; i < kCas; ++i) cas.push_back(Add("ca-" + std::to_string(i)));

  AtOnce(kCas,
         [&](int i) { EXPECT_THAT(SetState(cas[static_cast<std::size_t>(i)], kActive), IsOk()); });

  const auto states = States();
  EXPECT_EQ(std::ranges::count(states, kActive), 1);
  EXPECT_EQ(std::ranges::count(states, kRetired), kCas - 1);
}

TEST_P(AgentCaStoreSuite, EveryChangeIsHintedWithoutAName) {
  HeardHints heard;
  const auto subscription = feed().Subscribe(Channel::kAgent, heard.On("agent"));

  const AgentCa ca = Add("ca-1");
  EXPECT_TRUE(heard.Hears("agent "));
  heard.Clear();
  Must(SetState(ca, kActive));
  EXPECT_TRUE(heard.Hears("agent "));
}

INSTANTIATE_TEST_SUITE_P(Stores, AgentCaStoreSuite, ::testing::Values(TestedStore()),
                         NameOfBackend);

}  // namespace
}  // namespace certbroker
