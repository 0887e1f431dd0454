#include <atomic>
#include <future>
#include <thread>

#include "tests/service/identity/identity_fixture.h"

namespace certbroker::identity {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class AgentRegistryTest : public IdentityFixture {
 protected:
  AgentStore& agents() { return database_.agents(); }
};

TEST_F(AgentRegistryTest, WhoHasNoStandingIsJudgedByTheCertificateAlone) {
  EXPECT_EQ(registry_.StandingOf(Web(1)), std::nullopt);
  EXPECT_THAT(registry_.Check(Web(1), 7), IsOk());
  EXPECT_THAT(registry_.Check(Web(1), std::nullopt), IsOk());
}

TEST_F(AgentRegistryTest, ABannedAgentIsToldTheOperatorsReason) {
  Ban(Web(1), "lost\n laptop");

  EXPECT_THAT(
      registry_.Check(Web(1), std::nullopt),
      IsError(Reason::kAgentBanned, AllOf(HasSubstr(Web(1).ToString()), HasSubstr("(lost? laptop)"),
                                          HasSubstr("certbroker agents unban"))));
  EXPECT_THAT(registry_.Check(Web(1), 7), IsError(Reason::kAgentBanned));
  EXPECT_THAT(registry_.Check(Web(2), 7), IsOk());
}

TEST_F(AgentRegistryTest, ABanWithoutAReasonSaysSo) {
  Ban(Web(1), "");

  EXPECT_THAT(registry_.Check(Web(1), 7),
              IsError(Reason::kAgentBanned, HasSubstr("(no reason was given)")));
}

TEST_F(AgentRegistryTest, AChangedReasonIsToldFromThenOn) {
  Ban(Web(1), "lost");
  Ban(Web(1), "sold");

  EXPECT_THAT(registry_.Check(Web(1), 7), IsError(Reason::kAgentBanned, HasSubstr("(sold)")));
}

TEST_F(AgentRegistryTest, AnUnbannedAgentIsBack) {
  Ban(Web(1));
  Must(agents().SetState(Web(1), AgentState::kActive, ""));
  Must(registry_.Refresh());

  EXPECT_THAT(registry_.Check(Web(1), 7), IsOk());
}

TEST_F(AgentRegistryTest, WhatARemovedAgentHadCountsNoMore) {
  MakeFirstCa();
  const IdentityNumber number = NumberOf(Join(Web(1)));
  Must(agents().Remove(Web(1)));
  Must(registry_.Refresh());

  EXPECT_THAT(registry_.Check(Web(1), number),
              IsError(Reason::kAgentNotEnrolled, HasSubstr("certbroker tokens create")));
  // What a CA of the operator's says about it is for that CA to take back.
  EXPECT_THAT(registry_.Check(Web(1), std::nullopt), IsOk());
}

TEST_F(AgentRegistryTest, AnIdentityBelowTheOneInUseIsSuperseded) {
  MakeFirstCa();
  const IssuedIdentity identity = Join(Web(1));
  const IdentityNumber number = NumberOf(identity);
  Use(identity);

  EXPECT_THAT(registry_.Check(Web(1), number - 1),
              IsError(Reason::kIdentitySuperseded, HasSubstr("certbroker agents ban")));
  EXPECT_THAT(registry_.Check(Web(1), number), IsOk());
  EXPECT_THAT(registry_.Check(Web(1), number + 1), IsOk());
}

TEST_F(AgentRegistryTest, WhileTheDatabaseIsAwayTheLastThatWasKnownCounts) {
  Ban(Web(1));
  database_.FailNext(Error(Reason::kDatabaseUnavailable, "away"));

  EXPECT_THAT(registry_.Refresh(), IsError(Reason::kDatabaseUnavailable));
  EXPECT_THAT(registry_.Check(Web(1), 7), IsError(Reason::kAgentBanned));
}

TEST_F(AgentRegistryTest, ARefreshThatFailedLosesNothing) {
  Must(agents().SetState(Web(1), AgentState::kBanned, ""));
  database_.FailNext(Error(Reason::kDatabaseUnavailable, "away"));
  EXPECT_THAT(registry_.Refresh(), IsError(Reason::kDatabaseUnavailable));

  Must(registry_.Refresh());

  EXPECT_THAT(registry_.Check(Web(1), 7), IsError(Reason::kAgentBanned));
}

// Of the database that answers the first question of a refresh and not the second.
class LameCas final : public AgentCaStore {
 public:
  explicit LameCas(AgentCaStore& cas) : cas_(cas) {}
  Result<std::vector<AgentCa>> All() override {
    if (std::exchange(failing, false)) return Error(Reason::kDatabaseUnavailable, "away");
    return cas_.All();
  }
  Result<void> Add(const AgentCa& ca) override { return cas_.Add(ca); }
  Result<AgentCa> SetState(const AgentCaId& id, AgentCaState state) override {
    return cas_.SetState(id, state);
  }
  bool failing = false;

 private:
  AgentCaStore& cas_;
};

// Streams of a banned agent end by the review; a ban that was read must not be without one.
TEST_F(AgentRegistryTest, AReviewIsMadeAlsoWhenHalfOfARefreshFailed) {
  LameCas cas(database_.agent_cas());
  AgentRegistry registry(agents(), cas, database_.feed(), clock_, log_);
  Must(agents().SetState(Web(1), AgentState::kBanned, ""));
  cas.failing = true;
  EXPECT_THAT(registry.Refresh(), IsError(Reason::kDatabaseUnavailable));

  std::atomic<int> reviews = 0;
  registry.Start([&] { ++reviews; });
  while (reviews == 0) std::this_thread::yield();
  registry.Stop();

  Must(agents().SetState(Web(2), AgentState::kBanned, ""));
  Must(registry.Refresh());
  EXPECT_EQ(reviews, 1) << "nobody is told after Stop";
}

TEST_F(AgentRegistryTest, TheCasAreReplacedAsAWholeWhenOneChanged) {
  MakeFirstCa();
  const auto before = registry_.cas();
  Must(registry_.Refresh());
  EXPECT_EQ(registry_.cas(), before);

  MakeSecondCa();

  EXPECT_EQ(before->size(), 1U);
  EXPECT_EQ(before->at(0).state, AgentCaState::kActive);
  ASSERT_EQ(registry_.cas()->size(), 2U);
  EXPECT_EQ(registry_.cas()->at(0).state, AgentCaState::kRetired);
  EXPECT_EQ(registry_.cas()->at(1).state, AgentCaState::kActive);
}

TEST_F(AgentRegistryTest, NamesTheCaWhoseCertificateCannotBeRead) {
  AgentCa broken;
  broken.id = AgentCaId(Uuid::V7(clock_.Now(), random_));
  broken.state = AgentCaState::kActive;
  broken.key_uri = kFirstKey;
  broken.certificate = Bytes(10, 0x30);
  Must(database_.agent_cas().Add(broken));

  const auto refused = registry_.Load();

  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().detail(), HasSubstr("agentCas/" + broken.id.ToString()));
}

// Its thread reads a real clock: it waits by it.
class RunningRegistryTest : public AgentRegistryTest {
 protected:
  void Start() {
    Must(running_.Load());
    running_.Start([this] {
      if (changes_.fetch_add(1) == 0) first_change_.set_value();
    });
  }
  bool HearsOfAChange() {
    return first_change_.get_future().wait_for(10s) == std::future_status::ready;
  }

  SystemClock system_clock_;
  std::atomic<int> changes_ = 0;
  std::promise<void> first_change_;
  AgentRegistry running_{database_.agents(), database_.agent_cas(), database_.feed(), system_clock_,
                         log_};
};

TEST_F(RunningRegistryTest, AHintIsFollowedWithoutBeingAsked) {
  Start();

  Must(agents().SetState(Web(1), AgentState::kBanned, "stolen"));

  ASSERT_TRUE(HearsOfAChange());
  EXPECT_THAT(running_.Check(Web(1), 7), IsError(Reason::kAgentBanned));
}

TEST_F(RunningRegistryTest, TellsOncePerChange) {
  Start();
  Must(agents().SetState(Web(1), AgentState::kBanned, "stolen"));
  ASSERT_TRUE(HearsOfAChange());

  Must(running_.Refresh());
  Must(running_.Refresh());

  EXPECT_EQ(changes_, 1);
}

TEST_F(RunningRegistryTest, AnOutageIsLoggedAndOver) {
  Must(running_.Load());
  database_.FailNext(Error(Reason::kDatabaseUnavailable, "away"));
  running_.Start([this] {
    if (changes_.fetch_add(1) == 0) first_change_.set_value();
  });

  // The hint of this wakes a registry that may have failed already.
  const auto limit = std::chrono::steady_clock::now() + 10s;
  while (log_.lines().empty() && std::chrono::steady_clock::now() < limit) {
    std::this_thread::yield();
  }
  Must(agents().SetState(Web(1), AgentState::kBanned, "stolen"));

  EXPECT_TRUE(HearsOfAChange());
  EXPECT_THAT(log_.lines(), ElementsAre(HasSubstr("agents_not_read")));
}

}  // namespace
}  // namespace certbroker::identity
