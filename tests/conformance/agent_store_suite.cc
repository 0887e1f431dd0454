// tests/conformance/agent_store_suite.cc: what agents are and become, on every AgentStore.
#include <atomic>
#include <map>

#include "tests/conformance/agent_suite.h"
#include "tests/conformance/heard_hints.h"

namespace certbroker {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class AgentStoreSuite : public AgentSuite {
 protected:
  std::vector<std::string> ListIds(const PageRequest& page = {}) {
    std::vector<std::string> ids;
    for (const Agent& agent : Must(agents().List(page)).items) ids.push_back(agent.id.ToString());
    return ids;
  }
  static std::string Text(const std::string& agent) { return IdOf(agent).ToString(); }
};

TEST_P(AgentStoreSuite, AgentsAreListedByIdInPages) {
  for (const char* name : {"web-02", "Web-10", "db-01", "web-01"}) Join(name);

  const auto first = Must(agents().List({.size = 3, .token = {}}));
  Must(agents().Remove(IdOf("web-01")));  // the place to go on from

  EXPECT_EQ(first.items.size(), 3U);
  EXPECT_EQ(first.items[0].id, IdOf("Web-10"));
  EXPECT_EQ(first.items[1].id, IdOf("db-01"));
  EXPECT_EQ(first.items[2].id, IdOf("web-01"));
  EXPECT_THAT(ListIds({.size = 3, .token = first.next_token}), ElementsAre(Text("web-02")));
  EXPECT_THAT(ListIds(), ElementsAre(Text("Web-10"), Text("db-01"), Text("web-02")));
  EXPECT_THAT(agents().List({.size = 3, .token = "forged"}), IsError(Reason::kInvalidArgument));
}

TEST_P(AgentStoreSuite, ABanHasAReasonUntilItIsTakenBack) {
  const NewIdentity identity = Join("web-01");

  const Agent banned = Must(Ban("web-01", "stolen"));
  EXPECT_EQ(banned.state, AgentState::kBanned);
  EXPECT_EQ(banned.ban_reason, "stolen");
  EXPECT_EQ(banned.used_identity, identity.number);
  EXPECT_EQ(Must(Ban("web-01", "sold")).ban_reason, "sold");
  EXPECT_EQ(Must(agents().Get(IdOf("web-01"))).ban_reason, "sold");

  const Agent active = Must(Unban("web-01"));
  EXPECT_EQ(active.state, AgentState::kActive);
  EXPECT_THAT(active.ban_reason, IsEmpty());
  EXPECT_EQ(Must(Unban("web-01")).state, AgentState::kActive);
}

TEST_P(AgentStoreSuite, AnAgentWithoutARowCanBeBanned) {
  EXPECT_THAT(Unban("foreign"), IsError(Reason::kNotFound));

  const Agent banned = Must(Ban("foreign"));

  EXPECT_EQ(banned.id, IdOf("foreign"));
  EXPECT_EQ(banned.state, AgentState::kBanned);
  EXPECT_EQ(banned.join_time, std::nullopt);
  EXPECT_EQ(banned.identity_expire_time, std::nullopt);
  EXPECT_THAT(ListIds(), ElementsAre(Text("foreign")));
  EXPECT_EQ(Must(Unban("foreign")).state, AgentState::kActive);
}

TEST_P(AgentStoreSuite, ARemovedAgentIsNotThere) {
  Join("web-01");

  Must(agents().Remove(IdOf("web-01")));

  EXPECT_THAT(agents().Get(IdOf("web-01")), IsError(Reason::kNotFound));
  EXPECT_THAT(ListIds(), IsEmpty());
  EXPECT_THAT(agents().Remove(IdOf("web-01")), IsError(Reason::kNotFound));
  EXPECT_THAT(agents().Remove(IdOf("nobody")), IsError(Reason::kNotFound));
  EXPECT_THAT(Unban("web-01"), IsError(Reason::kNotFound));
  EXPECT_THAT(agents().RecordUse(IdOf("web-01"), 1'000), IsOk());
}

// By somebody who has a CA's key: believed, it would shut the agent out for ever.
TEST_P(AgentStoreSuite, ANumberThatWasNeverGivenOutShutsNobodyOut) {
  const NewIdentity identity = Join("web-01");

  Must(agents().RecordUse(identity.agent, 1'000'000'000'000));

  const NewIdentity next = Must(Renew(identity));
  Must(agents().RecordUse(next.agent, next.number));
  EXPECT_THAT(Renew(next), IsOk());
  EXPECT_THAT(agents().Remove(identity.agent), IsOk());
}

// Also the very last identity that was issued at all, used or not.
TEST_P(AgentStoreSuite, WhatARemovedAgentHadNeverCountsAgain) {
  const NewIdentity used = Join("web-01");
  const NewIdentity unused = Must(Renew(used));
  Must(agents().Remove(IdOf("web-01")));

  const NewIdentity fresh = Must(Redeem(MakeToken("web-01"), 'l'));

  EXPECT_THAT(Renew(used), IsError(Reason::kIdentitySuperseded));
  EXPECT_THAT(Renew(unused), IsError(Reason::kIdentitySuperseded));
  EXPECT_GT(Must(agents().Get(IdOf("web-01"))).used_identity, unused.number);
  EXPECT_GE(fresh.number, Must(agents().Get(IdOf("web-01"))).used_identity);
  EXPECT_THAT(Renew(fresh), IsOk());
}

TEST_P(AgentStoreSuite, AnAgentThatIsBackIsANewOne) {
  Join("web-01");
  Must(Ban("web-01"));
  const Time created = Must(agents().Get(IdOf("web-01"))).create_time;
  Must(agents().Remove(IdOf("web-01")));
  Advance(1s);

  const NewIdentity fresh = Must(Redeem(MakeToken("web-01")));

  const Agent agent = Must(agents().Get(IdOf("web-01")));
  EXPECT_EQ(agent.state, AgentState::kActive);
  EXPECT_THAT(agent.ban_reason, IsEmpty());
  EXPECT_GT(agent.create_time, created);
  EXPECT_EQ(agent.identity_expire_time, fresh.expire_time);
}

TEST_P(AgentStoreSuite, TheTokensOfARemovedAgentDoNotBringItBack) {
  const JoinToken used = MakeToken("web-01");
  const JoinToken unused = MakeToken("web-01");
  const JoinToken of_another = MakeToken("web-02");
  Must(Redeem(used));

  Must(agents().Remove(IdOf("web-01")));

  EXPECT_THAT(Redeem(used), IsError(Reason::kJoinTokenInvalid));
  EXPECT_THAT(Redeem(unused), IsError(Reason::kJoinTokenInvalid));
  EXPECT_THAT(Redeem(of_another), IsOk());
  EXPECT_THAT(agents().Get(IdOf("web-01")), IsError(Reason::kNotFound));
}

TEST_P(AgentStoreSuite, ABanBringsARemovedAgentBackAsBanned) {
  const NewIdentity identity = Join("web-01");
  Must(agents().Remove(IdOf("web-01")));

  const Agent banned = Must(Ban("web-01"));

  EXPECT_EQ(banned.state, AgentState::kBanned);
  EXPECT_EQ(banned.identity_expire_time, std::nullopt);
  EXPECT_EQ(banned.join_time, std::nullopt);
  EXPECT_GT(banned.used_identity, identity.number);
  EXPECT_THAT(Redeem(MakeToken("web-01")), IsError(Reason::kAgentBanned));
}

// ---- Standings.

class AgentStandingSuite : public AgentSuite {
 protected:
  using Picture = std::map<AgentId, AgentStanding>;

  // Takes what has changed since `change` into `picture`; the ids of those that did.
  std::vector<std::string> Follow(Picture& picture, std::int64_t& change) {
    std::vector<std::string> ids;
    const Standings changed = Must(agents().ChangedSince(change));
    EXPECT_GE(changed.change, change);
    change = changed.change;
    for (const AgentStanding& standing : changed.agents) {
      picture[standing.agent] = standing;
      ids.push_back(standing.agent.ToString());
    }
    return ids;
  }
  std::vector<std::string> Follow() { return Follow(picture_, change_); }
  const AgentStanding& Of(const std::string& agent) { return picture_.at(IdOf(agent)); }
  static std::string Text(const std::string& agent) { return IdOf(agent).ToString(); }

  Picture picture_;
  std::int64_t change_ = 0;
};

TEST_P(AgentStandingSuite, EveryChangeOfAStandingIsTold) {
  EXPECT_THAT(Follow(), IsEmpty());

  const NewIdentity identity = Must(Redeem(MakeToken("web-01")));
  EXPECT_THAT(Follow(), ElementsAre(Text("web-01")));
  EXPECT_FALSE(Of("web-01").removed);
  EXPECT_EQ(Of("web-01").used_identity, 0);

  Must(agents().RecordUse(identity.agent, identity.number));
  EXPECT_THAT(Follow(), ElementsAre(Text("web-01")));
  EXPECT_EQ(Of("web-01").used_identity, identity.number);

  Must(Ban("web-01"));
  EXPECT_THAT(Follow(), ElementsAre(Text("web-01")));
  EXPECT_EQ(Of("web-01").state, AgentState::kBanned);
  EXPECT_EQ(Of("web-01").ban_reason, "stolen");

  Must(Ban("web-01", "sold"));
  EXPECT_THAT(Follow(), ElementsAre(Text("web-01")));
  EXPECT_EQ(Of("web-01").ban_reason, "sold");

  Must(Unban("web-01"));
  EXPECT_THAT(Follow(), ElementsAre(Text("web-01")));
  EXPECT_EQ(Of("web-01").state, AgentState::kActive);
  EXPECT_THAT(Of("web-01").ban_reason, IsEmpty());

  Must(agents().Remove(identity.agent));
  EXPECT_THAT(Follow(), ElementsAre(Text("web-01")));
  EXPECT_TRUE(Of("web-01").removed);
  EXPECT_GT(Of("web-01").used_identity, identity.number);

  Must(Redeem(MakeToken("web-01")));
  EXPECT_THAT(Follow(), ElementsAre(Text("web-01")));
  EXPECT_FALSE(Of("web-01").removed);
}

TEST_P(AgentStandingSuite, WhoBeginsIsToldOfAllAndOfRemovedOnesToo) {
  Join("web-01");
  Join("web-02");
  Must(agents().Remove(IdOf("web-02")));
  Must(Ban("foreign"));

  Follow();

  EXPECT_EQ(picture_.size(), 3U);
  EXPECT_FALSE(Of("web-01").removed);
  EXPECT_TRUE(Of("web-02").removed);
  EXPECT_EQ(Of("foreign").state, AgentState::kBanned);
  EXPECT_THAT(Follow(), IsEmpty());
}

TEST_P(AgentStandingSuite, WhoFollowsWhileManyChangeHasTheWholePicture) {
  constexpr int kThreads = 6;
  constexpr int kRounds = 15;
  std::atomic<int> running = kThreads;
  Picture followed;
  std::int64_t change = 0;

  AtOnce(kThreads + 1, [&](int i) {
    if (i == kThreads) {
      while (running != 0) Follow(followed, change);
      return;
    }
    const std::string name = "web-" + std::to_string(i);
    for (int round = 0; round < kRounds; ++round) {
      if (round % 2 == 0) {
        Must(Ban(name));
      } else {
        Must(Unban(name));
      }
    }
    --running;
  });
  Follow(followed, change);
  Follow();

  ASSERT_EQ(followed.size(), static_cast<std::size_t>(kThreads));
  for (const auto& [id, standing] : picture_)
    EXPECT_EQ(followed.at(id).state, standing.state) << id.ToString();
}

// ---- Hints.

TEST_P(AgentStandingSuite, EveryChangeOfARowIsHinted) {
  HeardHints heard;
  const auto subscription = feed().Subscribe(Channel::kAgent, heard.On("agent"));
  const auto hears = [&](const std::string& agent) {
    const bool heard_it = heard.Hears("agent " + Text(agent));
    heard.Clear();
    return heard_it;
  };

  const NewIdentity identity = Must(Redeem(MakeToken("web-01")));
  EXPECT_TRUE(hears("web-01"));
  Must(agents().RecordUse(identity.agent, identity.number));
  EXPECT_TRUE(hears("web-01"));
  Must(Renew(identity));
  EXPECT_TRUE(hears("web-01"));
  Must(Ban("web-01", "stolen"));
  EXPECT_TRUE(hears("web-01"));
  Must(Ban("web-01", "sold"));
  EXPECT_TRUE(hears("web-01"));
  Must(Unban("web-01"));
  EXPECT_TRUE(hears("web-01"));
  Must(Redeem(MakeToken("web-01")));  // from another host
  EXPECT_TRUE(hears("web-01"));
  Must(agents().Remove(IdOf("web-01")));
  EXPECT_TRUE(hears("web-01"));
}

TEST_P(AgentStandingSuite, WhatChangesNothingIsNotHinted) {
  const NewIdentity identity = Join("web-01");
  Must(Ban("web-02", "stolen"));
  Follow();
  HeardHints heard;
  const auto subscription = feed().Subscribe(Channel::kAgent, heard.On("agent"));
  heard.Clear();

  Must(agents().RecordUse(identity.agent, identity.number));
  Must(Unban("web-01"));
  Must(Ban("web-02", "stolen"));
  Must(Ban("web-03"));

  EXPECT_TRUE(heard.Hears("agent " + Text("web-03")));
  EXPECT_FALSE(heard.HasHeard("agent " + Text("web-01")));
  EXPECT_FALSE(heard.HasHeard("agent " + Text("web-02")));
  EXPECT_THAT(Follow(), ElementsAre(Text("web-03")));
}

INSTANTIATE_TEST_SUITE_P(Stores, AgentStoreSuite, ::testing::Values(TestedStore()), NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, AgentStandingSuite, ::testing::Values(TestedStore()),
                         NameOfBackend);

}  // namespace
}  // namespace certbroker
