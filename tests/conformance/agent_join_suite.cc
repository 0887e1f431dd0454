// tests/conformance/agent_join_suite.cc: how agents come to their identities, on every AgentStore.
#include <algorithm>
#include <optional>
#include <set>

#include "tests/conformance/agent_suite.h"

namespace certbroker {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class JoinTokenSuite : public AgentSuite {
 protected:
  std::vector<JoinTokenId> ListIds(const PageRequest& page = {}) {
    std::vector<JoinTokenId> ids;
    for (const JoinToken& token : Must(agents().ListTokens(page)).items) ids.push_back(token.id);
    return ids;
  }
};

TEST_P(JoinTokenSuite, ATokenIsKeptAsItWasMade) {
  const JoinToken given = NewToken("web-01");

  const JoinToken made = Must(agents().CreateToken(given, 90min, NewRequest()));

  EXPECT_EQ(made.id, given.id);
  EXPECT_EQ(made.agent, IdOf("web-01"));
  EXPECT_EQ(made.secret_sha256, given.secret_sha256);
  EXPECT_EQ(made.expire_time - made.create_time, 90min);
  EXPECT_EQ(made.use_time, std::nullopt);
  const JoinToken listed = Must(agents().ListTokens({})).items.at(0);
  EXPECT_EQ(listed.id, made.id);
  EXPECT_EQ(listed.expire_time, made.expire_time);
}

TEST_P(JoinTokenSuite, TheSameRequestMakesTheSameToken) {
  RequestKey request = NewRequest("operator:local");
  const JoinToken first = Must(agents().CreateToken(NewToken("web-01"), 1h, request));

  const JoinToken again = Must(agents().CreateToken(NewToken("web-01"), 2h, request));

  EXPECT_EQ(again.id, first.id);
  EXPECT_EQ(again.expire_time, first.expire_time);
  EXPECT_EQ(ListIds().size(), 1U);
  request.body.push_back(1);
  EXPECT_THAT(agents().CreateToken(NewToken("web-01"), 1h, request),
              IsError(Reason::kDuplicateRequestId));
}

TEST_P(JoinTokenSuite, ALateRequestDoesNotMakeADeletedTokenAgain) {
  const RequestKey request = NewRequest("operator:local");
  const JoinToken token = Must(agents().CreateToken(NewToken("web-01"), 1h, request));
  Must(agents().DeleteToken(token.id));

  EXPECT_THAT(agents().CreateToken(NewToken("web-01"), 1h, request), IsError(Reason::kNotFound));
  EXPECT_THAT(ListIds(), IsEmpty());
}

TEST_P(JoinTokenSuite, TokensAreListedNewestFirstInPagesUsedAndExpiredOnesToo) {
  const JoinToken used = MakeToken("web-01");
  const JoinToken expired = MakeToken("web-02", 1min);
  Must(Redeem(used));
  Advance(2min);
  const JoinToken newest = MakeToken("web-03");

  const auto first = Must(agents().ListTokens({.size = 2, .token = {}}));
  ASSERT_EQ(first.items.size(), 2U);
  EXPECT_EQ(first.items[0].id, newest.id);
  EXPECT_EQ(first.items[1].id, expired.id);
  const auto rest = Must(agents().ListTokens({.size = 2, .token = first.next_token}));
  ASSERT_EQ(rest.items.size(), 1U);
  EXPECT_EQ(rest.items[0].id, used.id);
  EXPECT_TRUE(rest.items[0].use_time.has_value());
  EXPECT_THAT(rest.next_token, IsEmpty());
  EXPECT_THAT(agents().ListTokens({.size = 2, .token = "forged"}),
              IsError(Reason::kInvalidArgument));
}

TEST_P(JoinTokenSuite, ADeletedTokenLetsNobodyIn) {
  const JoinToken token = MakeToken("web-01");
  Must(Redeem(token));

  Must(agents().DeleteToken(token.id));

  EXPECT_THAT(Redeem(token), IsError(Reason::kJoinTokenInvalid));
  EXPECT_THAT(ListIds(), IsEmpty());
  EXPECT_THAT(agents().DeleteToken(token.id), IsError(Reason::kNotFound));
  EXPECT_THAT(agents().Get(token.agent), IsOk());  // who is in stays
}

class AgentJoinSuite : public AgentSuite {};

TEST_P(AgentJoinSuite, ATokenLetsItsAgentIn) {
  const JoinToken token = MakeToken("web-01");

  const NewIdentity identity = Must(Redeem(token));

  EXPECT_EQ(identity.agent, IdOf("web-01"));
  EXPECT_GT(identity.number, 0);
  EXPECT_EQ(identity.expire_time - identity.now, kLifetime);
  EXPECT_GE(identity.now, token.create_time);
  const Agent agent = Must(agents().Get(IdOf("web-01")));
  EXPECT_EQ(agent.id, IdOf("web-01"));
  EXPECT_EQ(agent.state, AgentState::kActive);
  EXPECT_EQ(agent.used_identity, 0);
  EXPECT_EQ(agent.identity_expire_time, identity.expire_time);
  EXPECT_TRUE(agent.join_time.has_value());
}

TEST_P(AgentJoinSuite, WhatIsNoTokenLetsNobodyIn) {
  const JoinToken token = MakeToken("web-01");
  JoinToken wrong_secret = token;
  wrong_secret.secret_sha256 = Digest('x');

  EXPECT_THAT(Redeem(wrong_secret), IsError(Reason::kJoinTokenInvalid));
  EXPECT_THAT(Redeem(NewToken("web-01")), IsError(Reason::kJoinTokenInvalid));
  EXPECT_THAT(agents().Get(IdOf("web-01")), IsError(Reason::kNotFound));
  EXPECT_THAT(Redeem(token), IsOk());
  // To who does not have the secret, one that is used is like any other.
  EXPECT_THAT(Redeem(wrong_secret, 'l'), IsError(Reason::kJoinTokenInvalid));
}

TEST_P(AgentJoinSuite, AnExpiredTokenLetsNobodyInAlsoNotTheWinnerAgain) {
  const JoinToken used = MakeToken("web-01", 10min);
  const JoinToken unused = MakeToken("web-02", 10min);
  Must(Redeem(used));

  Advance(11min);

  EXPECT_THAT(Redeem(used), IsError(Reason::kJoinTokenInvalid));
  EXPECT_THAT(Redeem(unused), IsError(Reason::kJoinTokenInvalid));
}

TEST_P(AgentJoinSuite, TheWinnerMayAskAgainAndGetsANewNumber) {
  const JoinToken token = MakeToken("web-01");
  const NewIdentity first = Must(Redeem(token, 'k'));
  const auto use_time = Must(agents().ListTokens({})).items.at(0).use_time;
  Advance(1min);

  const NewIdentity again = Must(Redeem(token, 'k'));

  EXPECT_GT(again.number, first.number);
  EXPECT_THAT(Redeem(token, 'l'), IsError(Reason::kJoinTokenUsed));
  EXPECT_EQ(Must(agents().ListTokens({})).items.at(0).use_time.has_value(), use_time.has_value());
}

TEST_P(AgentJoinSuite, OfManyKeysExactlyOneWins) {
  constexpr int kKeys = 16;
  for (int round = 0; round < 5; ++round) {
    const JoinToken token = MakeToken("web-01");
    std::vector<std::optional<Result<NewIdentity>>> results(kKeys);

    AtOnce(kKeys, [&](int i) {
      results[static_cast<std::size_t>(i)] = Redeem(token, static_cast<char>('a' + i));
    });

    std::vector<char> winners;
    for (int i = 0; i < kKeys; ++i) {
      const auto& result = *results[static_cast<std::size_t>(i)];
      if (result) {
        winners.push_back(static_cast<char>('a' + i));
      } else {
        EXPECT_THAT(result, IsError(Reason::kJoinTokenUsed));
      }
    }
    ASSERT_EQ(winners.size(), 1U);
    EXPECT_THAT(Redeem(token, winners[0]), IsOk());
  }
}

TEST_P(AgentJoinSuite, NumbersAreGivenOnceAndRise) {
  constexpr int kAgents = 8;
  std::vector<JoinToken> tokens;
  for (int i = 0; i < kAgents; ++i) tokens.push_back(MakeToken("web-" + std::to_string(i % 4)));
  std::vector<std::vector<IdentityNumber>> numbers(kAgents);

  AtOnce(kAgents, [&](int i) {
    auto& mine = numbers[static_cast<std::size_t>(i)];
    NewIdentity identity = Must(Redeem(tokens[static_cast<std::size_t>(i)]));
    for (int renewal = 0; renewal < 10; ++renewal) {
      mine.push_back(identity.number);
      identity = Must(Renew(identity));
    }
  });

  std::set<IdentityNumber> all;
  for (const auto& mine : numbers) {
    EXPECT_TRUE(std::ranges::is_sorted(mine));
    for (const IdentityNumber number : mine) EXPECT_TRUE(all.insert(number).second) << number;
  }
}

TEST_P(AgentJoinSuite, AnActiveAgentMayJoinAgainFromAnotherHost) {
  const NewIdentity old = Join("web-01", 'k');

  const NewIdentity fresh = Must(Redeem(MakeToken("web-01"), 'l'));

  EXPECT_GT(fresh.number, old.number);
  EXPECT_THAT(Renew(old), IsOk());  // the new one has not been used yet
  Must(agents().RecordUse(fresh.agent, fresh.number));
  EXPECT_THAT(Renew(old), IsError(Reason::kIdentitySuperseded));
  EXPECT_THAT(Renew(fresh), IsOk());
}

TEST_P(AgentJoinSuite, ABannedAgentIsToldSoAndItsTokenIsNotUsed) {
  const JoinToken token = MakeToken("web-01");
  Must(Ban("web-01", "stolen laptop"));

  EXPECT_THAT(Redeem(token, 'k'), IsError(Reason::kAgentBanned, HasSubstr("stolen laptop")));

  EXPECT_EQ(Must(agents().ListTokens({})).items.at(0).use_time, std::nullopt);
  Must(Unban("web-01"));
  EXPECT_THAT(Redeem(token, 'l'), IsOk());
}

TEST_P(AgentJoinSuite, ARenewedIdentityCountsFromItsFirstUse) {
  const NewIdentity first = Join("web-01");
  const NewIdentity lost = Must(Renew(first));  // its answer never arrived

  const NewIdentity second = Must(Renew(first));

  EXPECT_GT(second.number, lost.number);
  EXPECT_EQ(Must(agents().Get(first.agent)).used_identity, first.number);
  EXPECT_EQ(Must(agents().Get(first.agent)).identity_expire_time, second.expire_time);
  Must(agents().RecordUse(first.agent, second.number));
  EXPECT_EQ(Must(agents().Get(first.agent)).used_identity, second.number);
  EXPECT_THAT(Renew(first), IsError(Reason::kIdentitySuperseded));
  EXPECT_THAT(Renew(lost), IsError(Reason::kIdentitySuperseded));
}

TEST_P(AgentJoinSuite, OnlyWhoIsInAndNotBannedRenews) {
  const NewIdentity identity = Join("web-01");
  Must(Ban("web-01", "stolen laptop"));
  EXPECT_THAT(Renew(identity), IsError(Reason::kAgentBanned, HasSubstr("stolen laptop")));

  Must(Unban("web-01"));
  EXPECT_THAT(Renew(identity), IsOk());

  Must(agents().Remove(identity.agent));
  EXPECT_THAT(Renew(identity), IsError(Reason::kAgentNotEnrolled));
  EXPECT_THAT(agents().Renew(IdOf("nobody"), 7, kLifetime), IsError(Reason::kAgentNotEnrolled));
}

TEST_P(AgentJoinSuite, AnOldUseIsNoErrorAndChangesNothing) {
  const NewIdentity first = Join("web-01");
  const NewIdentity second = Must(Renew(first));
  Must(agents().RecordUse(first.agent, second.number));

  EXPECT_THAT(agents().RecordUse(first.agent, first.number), IsOk());
  EXPECT_THAT(agents().RecordUse(IdOf("nobody"), 7), IsOk());

  EXPECT_EQ(Must(agents().Get(first.agent)).used_identity, second.number);
  EXPECT_THAT(agents().Get(IdOf("nobody")), IsError(Reason::kNotFound));
}

INSTANTIATE_TEST_SUITE_P(Stores, JoinTokenSuite, ::testing::Values(TestedStore()), NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, AgentJoinSuite, ::testing::Values(TestedStore()), NameOfBackend);

}  // namespace
}  // namespace certbroker
