#include "acme/another_attempt.h"

#include "tests/acme/order_machine_fixture.h"

namespace certbroker::acme {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

SolverPlan WithDns() {
  return {{ChallengeType::kHttp01, ChallengeType::kDns01},
          {{.name = "corp-dns", .type = ChallengeType::kDns01, .zones = {}}}};
}

TEST_F(OrderMachineTest, AWildcardIsProvenByASolverOfTheService) {
  solvers_ = WithDns();
  order_.names = {*Identifier::Parse("*.example.com")};
  OrderSeen seen = Seen(OrderStatus::kPending, {"*.example.com"});
  seen.message.authorizations = {Url("/authz/1")};
  After(Next(), Observation(seen));
  AuthorizationSeen authz = Authz("example.com", AuthorizationStatus::kPending);
  authz.message.wildcard = true;
  After(Next(), Observation(authz));

  ASSERT_EQ(order_.state, OrderState::kPresenting);
  EXPECT_EQ(order_.held_by, HeldBy::kSolver);
  EXPECT_EQ(order_.authorizations[0].challenge_type, ChallengeType::kDns01);
  EXPECT_EQ(order_.authorizations[0].solver, "corp-dns");
  EXPECT_EQ(order_.authorizations[0].challenge_url, Url("/chall/dns/example.com"));

  order_.authorizations[0].presentation = Presentation::kSpreading;
  const Effect spreading = Next();
  ASSERT_TRUE(std::holds_alternative<Decide>(spreading));
  order_ = std::get<Decide>(spreading).step.order;
  EXPECT_EQ(order_.state, OrderState::kPropagating);
  order_.authorizations[0].presentation = Presentation::kServing;
  EXPECT_TRUE(std::holds_alternative<AskToValidate>(Next()));
}

TEST_F(OrderMachineTest, AFailedChallengeGivesWayToAnother) {
  solvers_ = WithDns();
  ReachValidating();
  AuthorizationSeen invalid = Authz("a.example.com", AuthorizationStatus::kInvalid);
  invalid.message.challenges[1].error =
      Problem{.type = "connection", .detail = "refused", .instance = {}, .subproblems = {}};
  Step step = After(Next(), Observation(invalid));

  EXPECT_EQ(order_.state, OrderState::kQueued);
  EXPECT_EQ(order_.attempt, 1);
  EXPECT_TRUE(order_.authorizations.empty());
  EXPECT_TRUE(order_.order_url.empty());
  EXPECT_THAT(step.event, HasSubstr("trying dns-01 by corp-dns"));

  ReachPresenting();
  EXPECT_EQ(order_.authorizations[0].challenge_type, ChallengeType::kDns01);
  EXPECT_EQ(order_.authorizations[1].challenge_type, ChallengeType::kDns01);

  // The second failure is the last: nothing is left.
  order_.authorizations[0].presentation = Presentation::kFailed;
  order_.authorizations[0].presentation_error = "the zone is gone";
  const Effect failed = Next();
  ASSERT_TRUE(std::holds_alternative<Decide>(failed));
  const Order end = std::get<Decide>(failed).step.order;
  EXPECT_EQ(end.state, OrderState::kFailed);
  EXPECT_EQ(end.failure->reason(), Reason::kSolverFailed);
  EXPECT_THAT(end.failure->detail(), HasSubstr("the zone is gone"));
}

// tL3: Let's Encrypt counts five failures per name and hour.
TEST_F(OrderMachineTest, WhatFailedForOneNameIsNotTriedForTheOthersAgain) {
  solvers_ = WithDns();
  ReachValidating();
  AuthorizationSeen invalid = Authz("a.example.com", AuthorizationStatus::kInvalid);
  After(Next(), Observation(invalid));
  ReachPresenting();

  EXPECT_EQ(order_.authorizations[0].challenge_type, ChallengeType::kDns01);
  EXPECT_EQ(order_.authorizations[1].challenge_type, ChallengeType::kDns01);
}

TEST_F(OrderMachineTest, ANameWithoutAnotherWayKeepsTheOneItHas) {
  solvers_ = {{ChallengeType::kHttp01, ChallengeType::kDns01},
              {{.name = "corp-dns",
                .type = ChallengeType::kDns01,
                .zones = {*Identifier::Parse("a.example.com")}}}};
  ReachValidating();
  After(Next(), Observation(Authz("a.example.com", AuthorizationStatus::kInvalid)));
  ReachPresenting();

  EXPECT_EQ(order_.authorizations[0].challenge_type, ChallengeType::kDns01);
  EXPECT_EQ(order_.authorizations[1].challenge_type, ChallengeType::kHttp01);
}

TEST_F(OrderMachineTest, AnAgentThatStaysAwayGivesWayToASolver) {
  solvers_ = WithDns();
  ReachPresenting();
  clock_.Advance(std::chrono::minutes{11});
  const Effect late = Next();
  ASSERT_TRUE(std::holds_alternative<Decide>(late));
  order_ = std::get<Decide>(late).step.order;
  EXPECT_EQ(order_.state, OrderState::kQueued);
  EXPECT_EQ(order_.attempt, 1);
  ASSERT_EQ(order_.failed_challenges.size(), 2U) << "both names wait for it";
  EXPECT_EQ(order_.failed_challenges[0].solver, kAgentSolver);
}

TEST_F(OrderMachineTest, ACaThatForbidsTheNameIsNotAskedAgain) {
  solvers_ = WithDns();
  ReachValidating();
  AuthorizationSeen invalid = Authz("a.example.com", AuthorizationStatus::kInvalid);
  invalid.message.challenges[1].error =
      Problem{.type = "caa", .detail = "no", .instance = {}, .subproblems = {}};
  After(Next(), Observation(invalid));
  EXPECT_EQ(order_.state, OrderState::kFailed);
  EXPECT_EQ(order_.failure->reason(), Reason::kCaCaaForbids);
}

TEST_F(OrderMachineTest, WhatIsAnswerableAtOnceWaitsForNobody) {
  solvers_ = {{ChallengeType::kHttp01},
              {{.name = std::string(kResponderSolver),
                .type = ChallengeType::kHttp01,
                .zones = {},
                .at_once = true}}};
  order_.agent_challenges.clear();
  After(Next(), Observation(Seen(OrderStatus::kPending)));
  After(Next(), Observation(Authz("a.example.com", AuthorizationStatus::kPending)));
  Step step = After(Next(), Observation(Authz("b.example.com", AuthorizationStatus::kPending)));
  EXPECT_FALSE(step.due_in.has_value());
  EXPECT_TRUE(std::holds_alternative<AskToValidate>(Next()));
}

// RFC 8738 §3.
TEST_F(OrderMachineTest, AnAddressIsProvenLikeAName) {
  order_.names = {*Identifier::Parse("192.0.2.1")};
  OrderSeen seen = Seen(OrderStatus::kPending, {});
  seen.message.identifiers = {{"ip", "192.0.2.1"}};
  seen.message.authorizations = {Url("/authz/1")};
  After(Next(), Observation(seen));
  AuthorizationSeen authz = Authz("192.0.2.1", AuthorizationStatus::kPending);
  authz.message.identifier.type = "ip";
  After(Next(), Observation(authz));
  EXPECT_EQ(order_.state, OrderState::kPresenting);
}

TEST_F(OrderMachineTest, AnAddressThatTheCaCallsANameIsRefused) {
  order_.names = {*Identifier::Parse("192.0.2.1")};
  OrderSeen seen = Seen(OrderStatus::kPending, {"192.0.2.1"});
  After(Next(), Observation(seen));
  EXPECT_EQ(order_.failure->reason(), Reason::kCaBadAnswer);
}

// tR5: in whatever form a CA refuses `replaces`.
TEST_F(OrderMachineTest, ARefusedReplacementIsOrderedOnceMoreWithoutSayingSo) {
  for (const Reason reason :
       {Reason::kCaRejected, Reason::kCaAccountUnusable, Reason::kCaBadAnswer}) {
    order_.state = OrderState::kQueued;
    order_.replaces = "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE";
    Step step = After(PlaceOrder{}, Error(reason, "already replaced"));
    EXPECT_EQ(order_.state, OrderState::kQueued);
    EXPECT_TRUE(order_.replaces.empty());
    EXPECT_FALSE(step.due_in.has_value());
    After(PlaceOrder{}, Error(Reason::kCaRejected, "no"));
    EXPECT_EQ(order_.state, OrderState::kFailed);
    order_ = Order{};
    order_.agent_challenges = {ChallengeType::kHttp01};
    order_.state_time = clock_.Now();
  }
}

// tR6.
TEST_F(OrderMachineTest, AReplacementThatTheCaDoesNotConfirmIsNone) {
  order_.replaces = "aki.serial";
  OrderSeen seen = Seen(OrderStatus::kPending);
  seen.message.replaces = "aki.serial";
  EXPECT_EQ(Apply(order_, PlaceOrder{}, Observation(seen), Context()).order.replaces, "aki.serial");
  seen.message.replaces.clear();
  EXPECT_EQ(Apply(order_, PlaceOrder{}, Observation(seen), Context()).order.replaces, "");
}

TEST_F(OrderMachineTest, ARefusalThatIsAboutSomethingElseKeepsTheReplacement) {
  order_.replaces = "aki.serial";
  After(PlaceOrder{}, Error(Reason::kCaRateLimited, "later"));
  EXPECT_EQ(order_.replaces, "aki.serial");
  After(PlaceOrder{}, Error(Reason::kCaCaaForbids, "no"));
  EXPECT_EQ(order_.state, OrderState::kFailed);
}

TEST_F(OrderMachineTest, APreferredProfileGivesWayARequiredOneDoesNot) {
  order_.profile = "shortlived";
  order_.profile_required = false;
  After(PlaceOrder{}, Error(Reason::kCaProfileRefused, "no such profile"));
  EXPECT_EQ(order_.state, OrderState::kQueued);
  EXPECT_TRUE(order_.profile.empty());

  order_.profile = "shortlived";
  order_.profile_required = true;
  After(PlaceOrder{}, Error(Reason::kCaProfileRefused, "no such profile"));
  EXPECT_EQ(order_.failure->reason(), Reason::kCaProfileRefused);
}

// ---- Another issuer.

class FallbackTest : public OrderMachineTest {
 protected:
  FallbackTest() {
    order_.issuer = IssuerId("one");
    order_.account = AccountName("issuers/one/accounts/main");
    order_.fallbacks = {AccountName("issuers/two/accounts/main"),
                        AccountName("issuers/three/accounts/main")};
  }
  bool MovedOn() const { return order_.issuer == IssuerId("two"); }
};

TEST_F(FallbackTest, WhatOneCaRefusesIsAskedOfTheNext) {
  order_.replaces = "aki.serial";
  const Step step = After(Next(), Error(Reason::kCaRejectedIdentifier, "not for us"));

  EXPECT_EQ(order_.state, OrderState::kQueued);
  EXPECT_EQ(order_.issuer, IssuerId("two"));
  EXPECT_EQ(order_.account, AccountName("issuers/two/accounts/main"));
  EXPECT_EQ(order_.fallbacks.size(), 1U);
  EXPECT_EQ(order_.attempt, 1);
  EXPECT_THAT(order_.replaces, IsEmpty());
  EXPECT_THAT(step.event, HasSubstr("trying two"));
  EXPECT_THAT(step.event, HasSubstr("not for us"));
  ASSERT_TRUE(step.due_in.has_value()) << "the lease is given back";
}

TEST_F(FallbackTest, AProfileThatOneCaDoesNotHaveIsAskedOfTheNext) {
  order_.wanted_profile = order_.profile = "shortlived";
  order_.profile_required = false;
  After(Next(), Error(Reason::kCaProfileRefused, "no such profile"));
  ASSERT_THAT(order_.profile, IsEmpty());
  After(Next(), Error(Reason::kCaRejectedIdentifier, "not for us"));

  EXPECT_TRUE(MovedOn());
  EXPECT_EQ(order_.profile, "shortlived");
}

TEST_F(FallbackTest, WhenNobodyIsLeftItFailsWithTheLastReason) {
  for (const char* why : {"no", "no either", "never"})
    After(Next(), Error(Reason::kCaRejectedIdentifier, why));

  EXPECT_EQ(order_.state, OrderState::kFailed);
  EXPECT_EQ(order_.issuer, IssuerId("three"));
  EXPECT_THAT(order_.failure->detail(), HasSubstr("never"));
}

TEST_F(FallbackTest, ACaThatIsDownIsGivenAMoment) {
  const Error down(Reason::kCaUnavailable, "connection refused");
  After(Next(), down);
  After(Next(), down);
  EXPECT_FALSE(MovedOn());
  After(Next(), down);
  EXPECT_TRUE(MovedOn());
}

TEST_F(FallbackTest, ALimitThatEndsSoonIsWaitedFor) {
  After(Next(), Error(Reason::kCaRateLimited, "slow down").RetryAfter(seconds{30}));
  EXPECT_FALSE(MovedOn());
  After(Next(), Error(Reason::kCaRateLimited, "too many certificates").RetryAfter(seconds{3'600}));
  EXPECT_TRUE(MovedOn());
}

TEST_F(FallbackTest, WhatOurOwnSideDidIsNoReason) {
  ReachPresenting();
  order_.authorizations[0].presentation = Presentation::kFailed;
  order_.authorizations[0].presentation_error = "port 80 is taken";
  const Effect effect = Next();
  ASSERT_TRUE(std::holds_alternative<Decide>(effect));
  EXPECT_EQ(std::get<Decide>(effect).step.order.state, OrderState::kFailed);
}

TEST_F(FallbackTest, TheHsmIsNoReason) {
  for (int i = 0; i < 5; ++i) After(Next(), Error(Reason::kHsmUnavailable, "no token"));
  EXPECT_FALSE(MovedOn());
}

// A certificate may exist: it must be fetched from where it is.
TEST_F(FallbackTest, NobodyLeavesACaThatMayHaveTheCsr) {
  ReachReady();
  After(BeginFinalize(), Error(Reason::kCaRejected, "no"));
  EXPECT_EQ(order_.state, OrderState::kFailed);
  EXPECT_FALSE(MovedOn());
}

TEST_F(FallbackTest, ADeadlineAtOneCaIsTheBeginningAtTheNext) {
  ReachValidating();
  clock_.Advance(std::chrono::hours{24});
  const Effect effect = Next();
  ASSERT_TRUE(std::holds_alternative<Decide>(effect));
  order_ = std::get<Decide>(effect).step.order;
  EXPECT_TRUE(MovedOn());
  EXPECT_THAT(order_.authorizations, IsEmpty());
  EXPECT_TRUE(order_.order_url.empty());
}

}  // namespace
}  // namespace certbroker::acme
