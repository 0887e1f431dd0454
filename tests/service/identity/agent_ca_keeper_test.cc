// The life of agent CAs.
#include "service/identity/agent_ca_keeper.h"

#include <thread>

#include "tests/service/identity/identity_fixture.h"

namespace certbroker::identity {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class AgentCaKeeperTest : public IdentityFixture {
 protected:
  std::vector<AgentCaState> States() {
    std::vector<AgentCaState> states;
    for (const AgentCa& ca : Must(database_.agent_cas().All())) states.push_back(ca.state);
    return states;
  }
};

TEST_F(AgentCaKeeperTest, MakesTheFirstOneWhichSignsAtOnce) {
  MakeFirstCa();

  ASSERT_EQ(registry_.cas()->size(), 1U);
  const KnownCa ca = FirstCa();
  EXPECT_EQ(ca.state, AgentCaState::kActive);
  EXPECT_EQ(ca.key_uri, kFirstKey);
  EXPECT_TRUE(ca.certificate.is_ca());
  EXPECT_THAT(ca.certificate.uri_names(), ElementsAre("spiffe://example.org"));
  EXPECT_EQ(ca.certificate.not_after(), clock_.Now() + 24h * 365 * 5);
  EXPECT_LT(ca.certificate.not_before(), clock_.Now());
  EXPECT_THAT(log_.lines(), Contains(HasSubstr("agent_ca_made")));
}

TEST_F(AgentCaKeeperTest, WhereThereIsOneItMakesNoOther) {
  MakeFirstCa();
  const AgentCaId first = FirstCa().id;

  Must(keeper_.EnsureFirst(kFirstKey));
  keys_.Provision(kSecondKey);
  Must(keeper_.EnsureFirst(kSecondKey));

  EXPECT_THAT(States(), ElementsAre(AgentCaState::kActive));
  EXPECT_EQ(FirstCa().id, first);
}

TEST_F(AgentCaKeeperTest, OfReplicasThatBeginTogetherOneMakesIt) {
  keys_.Provision(kFirstKey);
  AgentRegistry other_registry(database_.agents(), database_.agent_cas(), database_.feed(), clock_,
                               log_);
  AgentCaKeeper other({database_.agent_cas(), other_registry, find_signer_, clock_, random_, log_},
                      kTrustDomain);

  {
    const std::jthread one([this] { Must(keeper_.EnsureFirst(kFirstKey)); });
    const std::jthread two([&other] { Must(other.EnsureFirst(kFirstKey)); });
  }

  EXPECT_THAT(States(), ElementsAre(AgentCaState::kActive));
  Must(registry_.Refresh());
  Must(other_registry.Refresh());
  EXPECT_EQ(registry_.cas()->at(0).id, other_registry.cas()->at(0).id);
}

TEST_F(AgentCaKeeperTest, WithoutItsKeyNothingIsMade) {
  EXPECT_THAT(keeper_.EnsureFirst(kFirstKey), IsError(Reason::kHsmKeyMissing));
  EXPECT_THAT(keeper_.Prepare(kSecondKey), IsError(Reason::kHsmKeyMissing));
  keys_.Provision(kFirstKey)->FailNext(Error(Reason::kHsmUnavailable, "away"));
  EXPECT_THAT(keeper_.EnsureFirst(kFirstKey), IsError(Reason::kHsmUnavailable));
  EXPECT_THAT(States(), IsEmpty());

  EXPECT_THAT(keeper_.EnsureFirst(kFirstKey), IsOk());
}

TEST_F(AgentCaKeeperTest, APreparedOneIsKnownAndSignsNothing) {
  MakeFirstCa();
  keys_.Provision(kSecondKey);

  const KnownCa prepared = Must(keeper_.Prepare(kSecondKey));

  EXPECT_EQ(prepared.state, AgentCaState::kPrepared);
  EXPECT_EQ(prepared.create_time, clock_.Now());  // not when the certificate begins
  EXPECT_THAT(States(), ElementsAre(AgentCaState::kActive, AgentCaState::kPrepared));
  EXPECT_EQ(registry_.cas()->size(), 2U);
  const Peer peer = Must(judge_.Judge(Join(Web(1)).certificate_pem, Purpose::kCall));
  EXPECT_EQ(peer.ca, FirstCa().id);
}

TEST_F(AgentCaKeeperTest, OneKeyIsOneCa) {
  MakeFirstCa();

  EXPECT_THAT(keeper_.Prepare(kFirstKey), IsError(Reason::kAlreadyExists));

  // A key has many URIs.
  const std::string other_uri = std::string(kFirstKey) + ";type=private";
  keys_.Alias(other_uri, kFirstKey);
  EXPECT_THAT(keeper_.Prepare(other_uri), IsError(Reason::kAlreadyExists, HasSubstr(kFirstKey)));
}

// As after a backup was restored that does not know it.
TEST_F(AgentCaKeeperTest, MadeAgainWithItsKeyItsIdentitiesAreAcceptedAgain) {
  MakeFirstCa();
  const std::string identity = Join(Web(1)).certificate_pem;
  clock_.Advance(1h);
  FakeDatabase restored(clock_);
  AgentRegistry registry(restored.agents(), restored.agent_cas(), restored.feed(), clock_, log_);
  AgentCaKeeper keeper({restored.agent_cas(), registry, find_signer_, clock_, random_, log_},
                       kTrustDomain);
  const PeerJudge judge(registry, std::nullopt, kGrace, clock_);
  EXPECT_THAT(judge.Judge(identity, Purpose::kCall), IsError(Reason::kIdentityInvalid));

  Must(keeper.EnsureFirst(kFirstKey));

  EXPECT_THAT(judge.Judge(identity, Purpose::kCall), IsOk());
}

TEST_F(AgentCaKeeperTest, GoesThroughItsLifeOneStepAfterTheOther) {
  MakeFirstCa();
  const AgentCaId first = FirstCa().id;
  EXPECT_THAT(keeper_.SetState(first, AgentCaState::kTainted),
              IsError(Reason::kAgentCaStateConflict));
  EXPECT_THAT(keeper_.SetState(first, AgentCaState::kRevoked),
              IsError(Reason::kAgentCaStateConflict));
  MakeSecondCa();
  EXPECT_THAT(States(), ElementsAre(AgentCaState::kRetired, AgentCaState::kActive));

  EXPECT_EQ(Must(keeper_.SetState(first, AgentCaState::kTainted)).state, AgentCaState::kTainted);
  EXPECT_EQ(Must(keeper_.SetState(first, AgentCaState::kTainted)).state, AgentCaState::kTainted);
  EXPECT_EQ(Must(keeper_.SetState(first, AgentCaState::kRevoked)).state, AgentCaState::kRevoked);

  EXPECT_THAT(keeper_.SetState(first, AgentCaState::kActive),
              IsError(Reason::kAgentCaStateConflict));
  EXPECT_THAT(keeper_.SetState(AgentCaId(), AgentCaState::kActive), IsError(Reason::kNotFound));
  EXPECT_THAT(States(), ElementsAre(AgentCaState::kRevoked, AgentCaState::kActive));
  EXPECT_EQ(FirstCa().state, AgentCaState::kRevoked);
}

}  // namespace
}  // namespace certbroker::identity
