#include <set>

#include "acme/key_authorization.h"
#include "tests/acme/order_machine_fixture.h"

namespace certbroker::acme {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

TEST_F(OrderMachineTest, TheStraightWayFromQueuedToIssued) {
  EXPECT_TRUE(std::holds_alternative<PlaceOrder>(Next()));
  Step step = After(Next(), Observation(Seen(OrderStatus::kPending)));
  EXPECT_EQ(order_.state, OrderState::kPlaced);
  EXPECT_FALSE(step.due_in.has_value()) << "the next step is due now";
  EXPECT_EQ(order_.order_url, Url("/order/1"));

  After(Next(),
        Observation(Authz("b.example.com", AuthorizationStatus::kPending)));  // in any order (tS2)
  step = After(Next(), Observation(Authz("a.example.com", AuthorizationStatus::kPending)));
  EXPECT_EQ(order_.state, OrderState::kPresenting);
  EXPECT_EQ(order_.held_by, HeldBy::kAgent);
  EXPECT_TRUE(step.wakeable);
  // RFC 8555 §8.1: token "." thumbprint.
  EXPECT_EQ(order_.authorizations[0].key_authorization, "token-b." + Thumbprint(key_));

  AgentServesEverything();
  step = After(Next(), Observation(ChallengeAccepted{}));
  EXPECT_EQ(order_.state, OrderState::kValidating);
  EXPECT_FALSE(step.due_in.has_value()) << "the second challenge is due now";
  step = After(Next(), Observation(ChallengeAccepted{}));
  ASSERT_TRUE(step.due_in.has_value());
  EXPECT_TRUE(step.wakeable) << "the validator's fetch ends the wait";

  After(Next(), Observation(Authz("b.example.com", AuthorizationStatus::kValid)));
  After(Next(), Observation(Authz("a.example.com", AuthorizationStatus::kValid)));
  EXPECT_EQ(order_.state, OrderState::kReady);
  EXPECT_EQ(order_.authorizations[0].presentation, Presentation::kUnwanted) << "I13";

  const Effect finalize = BeginFinalize();
  step = After(finalize, Observation(Seen(OrderStatus::kProcessing)));
  EXPECT_EQ(order_.state, OrderState::kFinalizing);
  EXPECT_TRUE(step.due_in.has_value());
  EXPECT_TRUE(std::holds_alternative<FetchOrder>(Next()));
  OrderSeen valid = Seen(OrderStatus::kValid);
  valid.message.certificate = Url("/cert/1");
  After(Next(), Observation(valid));
  EXPECT_EQ(order_.state, OrderState::kDownloading);
  EXPECT_TRUE(std::holds_alternative<FetchCertificate>(Next()));
  After(Next(), Observation(CertificateAccepted{}));
  EXPECT_EQ(order_.state, OrderState::kIssued);
}

// RFC 8555 §7.1.6, §7.4: any start state is legal (tS1).
TEST_F(OrderMachineTest, AnOrderMayBeBornReady) {
  OrderSeen seen = Seen(OrderStatus::kReady);
  seen.message.authorizations.clear();
  After(Next(), Observation(seen));
  EXPECT_EQ(order_.state, OrderState::kReady);
}

TEST_F(OrderMachineTest, AuthorizationsThatAreValidAlreadyNeedNoChallenge) {
  After(Next(), Observation(Seen(OrderStatus::kPending)));
  After(Next(), Observation(Authz("a.example.com", AuthorizationStatus::kValid)));
  const Step step = After(Next(), Observation(Authz("b.example.com", AuthorizationStatus::kValid)));
  EXPECT_EQ(order_.state, OrderState::kReady);
  EXPECT_FALSE(step.due_in.has_value());
}

TEST_F(OrderMachineTest, OnlyPendingNamesArePresented) {
  After(Next(), Observation(Seen(OrderStatus::kPending)));
  After(Next(), Observation(Authz("a.example.com", AuthorizationStatus::kValid)));
  After(Next(), Observation(Authz("b.example.com", AuthorizationStatus::kPending)));
  EXPECT_EQ(order_.state, OrderState::kPresenting);
  EXPECT_EQ(order_.authorizations[0].presentation, Presentation::kNone);
  EXPECT_EQ(order_.authorizations[1].presentation, Presentation::kWanted);
}

struct RefusedAnswer {
  std::string name;
  OrderSeen seen;
  Reason reason;
};

TEST_F(OrderMachineTest, AnOrderThatIsNotTheOneAskedForIsRefused) {
  OrderSeen no_location = Seen(OrderStatus::kPending);
  no_location.location.reset();
  OrderSeen too_many = Seen(OrderStatus::kPending);
  too_many.message.authorizations.push_back(Url("/authz/3"));
  OrderSeen other_type = Seen(OrderStatus::kPending, {"a.example.com"});
  other_type.message.identifiers.push_back({"ip", "192.0.2.1"});
  const RefusedAnswer kCases[] = {
      {"no Location", no_location, Reason::kCaBadAnswer},
      {"a name is missing", Seen(OrderStatus::kPending, {"a.example.com"}), Reason::kCaBadAnswer},
      {"a name is another", Seen(OrderStatus::kPending, {"a.example.com", "c.example.com"}),
       Reason::kCaBadAnswer},
      {"a name became a wildcard",
       Seen(OrderStatus::kPending, {"a.example.com", "*.b.example.com"}), Reason::kCaBadAnswer},
      {"another identifier type", other_type, Reason::kCaBadAnswer},
      {"more authorizations than names", too_many, Reason::kCaBadAnswer},
      {"finalized before", Seen(OrderStatus::kProcessing), Reason::kCaOrderInvalid},
      {"issued before", Seen(OrderStatus::kValid), Reason::kCaOrderInvalid},
      {"born invalid", Seen(OrderStatus::kInvalid), Reason::kCaOrderInvalid},
  };
  const Order fresh = order_;
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    order_ = fresh;
    After(Next(), Observation(c.seen));
    EXPECT_EQ(order_.state, OrderState::kFailed);
    ASSERT_TRUE(order_.failure.has_value());
    EXPECT_EQ(order_.failure->reason(), c.reason);
  }
}

TEST_F(OrderMachineTest, ARefusalOfOtherNamesTellsWhichWereAskedFor) {
  After(Next(), Observation(Seen(OrderStatus::kPending, {"c.example.com"})));
  ASSERT_TRUE(order_.failure.has_value());
  EXPECT_THAT(order_.failure->detail(), HasSubstr("(a.example.com, b.example.com)"));
}

TEST_F(OrderMachineTest, CaseOrderAndRepetitionOfNamesDoNotMatter) {
  After(Next(), Observation(Seen(OrderStatus::kPending,
                                 {"B.Example.COM", "a.example.com", "a.example.com"})));
  EXPECT_EQ(order_.state, OrderState::kPlaced);
}

// T23: an authorization of somebody else's name, or of one name twice.
TEST_F(OrderMachineTest, AuthorizationsMustProveTheOrdersNamesOnceEach) {
  After(Next(), Observation(Seen(OrderStatus::kPending)));
  const Order placed = order_;
  After(Next(), Observation(Authz("victim.example.com", AuthorizationStatus::kPending)));
  EXPECT_EQ(order_.failure->reason(), Reason::kCaBadAnswer);

  order_ = placed;
  After(Next(), Observation(Authz("a.example.com", AuthorizationStatus::kPending)));
  After(Next(), Observation(Authz("a.example.com", AuthorizationStatus::kPending)));
  EXPECT_EQ(order_.failure->reason(), Reason::kCaBadAnswer);
}

TEST_F(OrderMachineTest, AWildcardIsRefusedWithWhatItNeeds) {
  order_.names = {*Identifier::Parse("*.example.com")};
  OrderSeen seen = Seen(OrderStatus::kPending, {"*.example.com"});
  seen.message.authorizations = {Url("/authz/1")};
  After(Next(), Observation(seen));
  AuthorizationSeen authz = Authz("example.com", AuthorizationStatus::kPending);
  authz.message.wildcard = true;
  authz.message.challenges.erase(authz.message.challenges.begin() + 1);
  After(Next(), Observation(authz));
  EXPECT_EQ(order_.failure->reason(), Reason::kChallengeUnsupported);
  EXPECT_THAT(order_.failure->detail(), HasSubstr("*.example.com"));
  EXPECT_THAT(order_.failure->detail(), HasSubstr("a wildcard needs a DNS solver"));
}

TEST_F(OrderMachineTest, WaitsForTheAgentAndFailsWhenItCannotServe) {
  ReachPresenting();
  const Effect waiting = Next();
  ASSERT_TRUE(std::holds_alternative<Decide>(waiting));
  EXPECT_EQ(std::get<Decide>(waiting).step.order.held_by, HeldBy::kAgent);
  EXPECT_TRUE(std::get<Decide>(waiting).step.due_in.has_value());

  order_.authorizations[1].presentation = Presentation::kFailed;
  order_.authorizations[1].presentation_error = "port 80 is in use\x1b[31m";
  const Effect failed = Next();
  ASSERT_TRUE(std::holds_alternative<Decide>(failed));
  const Order& order = std::get<Decide>(failed).step.order;
  EXPECT_EQ(order.failure->reason(), Reason::kChallengeNotServed);
  EXPECT_THAT(order.failure->detail(), HasSubstr("port 80 is in use?[31m"));
  EXPECT_EQ(order.authorizations[0].presentation, Presentation::kUnwanted);
}

TEST_F(OrderMachineTest, AnAgentThatNeverComesIsNamedAsTheReason) {
  ReachPresenting();
  clock_.Advance(TraitsOf(OrderState::kPresenting).deadline + seconds{1});
  const Effect effect = Next();
  ASSERT_TRUE(std::holds_alternative<Decide>(effect));
  EXPECT_EQ(std::get<Decide>(effect).step.order.failure->reason(), Reason::kChallengeAgentOffline);
}

// RFC 8555 §7.5.1: Retry-After is obeyed even when the validator's fetch would wake the order.
TEST_F(OrderMachineTest, ARetryAfterIsNotCutShort) {
  ReachValidating();
  AuthorizationSeen pending = Authz("a.example.com", AuthorizationStatus::kPending);
  pending.retry_after = milliseconds{3'000};
  const Step step = After(Next(), Observation(pending));
  EXPECT_EQ(step.due_in, milliseconds{3'000});
  EXPECT_FALSE(step.wakeable);
}

TEST_F(OrderMachineTest, PollsGetRarer) {
  ReachValidating();
  milliseconds last{0};
  for (int i = 0; i < 12; ++i) {
    const Step step =
        After(Next(), Observation(Authz("a.example.com", AuthorizationStatus::kPending)));
    ASSERT_TRUE(step.due_in.has_value());
    EXPECT_LE(*step.due_in, milliseconds{10'000});
    last = *step.due_in;
  }
  EXPECT_GE(last, milliseconds{5'000});
}

struct ChallengeFailure {
  std::string type;
  Reason reason;
};

TEST_F(OrderMachineTest, AFailedChallengeSaysWhyPerName) {
  ReachValidating();
  const Order validating = order_;
  for (const auto& [type, reason] :
       std::vector<ChallengeFailure>{{"connection", Reason::kChallengeUnreachable},
                                     {"dns", Reason::kChallengeUnreachable},
                                     {"incorrectResponse", Reason::kChallengeWrongContent},
                                     {"unauthorized", Reason::kChallengeWrongContent},
                                     {"caa", Reason::kCaCaaForbids},
                                     {"madeUp", Reason::kChallengeFailed}}) {
    SCOPED_TRACE(type);
    order_ = validating;
    AuthorizationSeen invalid = Authz("a.example.com", AuthorizationStatus::kInvalid);
    invalid.message.challenges[1].status = ChallengeStatus::kInvalid;
    invalid.message.challenges[1].error = Problem{type, "we saw nothing", "", 0, {}};
    After(Next(), Observation(invalid));
    EXPECT_EQ(order_.state, OrderState::kFailed);
    EXPECT_EQ(order_.failure->reason(), reason);
    EXPECT_THAT(order_.failure->detail(), HasSubstr("we saw nothing"));
    ASSERT_FALSE(order_.failure->violations().empty());
    EXPECT_EQ(order_.failure->violations()[0].subject, "a.example.com");
  }
}

TEST_F(OrderMachineTest, EndedAuthorizationsEndTheOrder) {
  for (const auto status : {AuthorizationStatus::kDeactivated, AuthorizationStatus::kExpired,
                            AuthorizationStatus::kRevoked}) {
    order_.state = OrderState::kQueued;
    order_.authorizations.clear();
    ReachValidating();
    After(Next(), Observation(Authz("a.example.com", status)));
    EXPECT_EQ(order_.failure->reason(), Reason::kCaOrderInvalid);
  }
}

// RFC 8555 §7.1: an unknown status is waited out, never acted upon (T12, T28).
TEST_F(OrderMachineTest, UnknownStatusesAreWaitedOut) {
  ReachValidating();
  Step step = After(Next(), Observation(Authz("a.example.com", AuthorizationStatus::kUnknown)));
  EXPECT_EQ(order_.state, OrderState::kValidating);
  EXPECT_TRUE(step.due_in.has_value());
  order_.state = OrderState::kFinalizing;
  step = After(Next(), Observation(Seen(OrderStatus::kUnknown)));
  EXPECT_EQ(order_.state, OrderState::kFinalizing);
  EXPECT_TRUE(step.due_in.has_value());
}

// I4, I6: whoever finds an order finalizing asks the CA before anything else.
TEST_F(OrderMachineTest, AFinalizingOrderIsAskedForFirst) {
  ReachReady();
  BeginFinalize();
  EXPECT_TRUE(std::holds_alternative<FetchOrder>(Next()));
  const Step step = After(Next(), Observation(Seen(OrderStatus::kReady)));
  EXPECT_TRUE(step.finalize_again) << "the CSR never arrived";
  EXPECT_EQ(order_.state, OrderState::kFinalizing);
}

TEST_F(OrderMachineTest, ALostAnswerToFinalizeIsAQuestion) {
  ReachReady();
  const Effect finalize = BeginFinalize();
  for (const Reason reason : {Reason::kOutcomeUnknown, Reason::kCaOrderNotReady}) {
    const Step step = After(finalize, Error(reason, "?"));
    EXPECT_EQ(order_.state, OrderState::kFinalizing);
    EXPECT_TRUE(step.due_in.has_value());
    EXPECT_TRUE(std::holds_alternative<FetchOrder>(Next()));
  }
}

TEST_F(OrderMachineTest, ACaThatStaysReadyIsAskedEverMoreRarely) {
  ReachReady();
  const Effect finalize = BeginFinalize();
  milliseconds last{0};
  for (int i = 0; i < 12; ++i) {
    const Step refused = After(finalize, Error(Reason::kCaOrderNotReady, "not ready"));
    ASSERT_TRUE(refused.due_in.has_value());
    last = *refused.due_in;
    EXPECT_TRUE(After(FetchOrder{}, Observation(Seen(OrderStatus::kReady))).finalize_again);
  }
  EXPECT_GE(last, milliseconds{5'000});
}

TEST_F(OrderMachineTest, ValidWithoutACertificateUrlIsNotYetIssued) {
  ReachReady();
  BeginFinalize();
  const Step step = After(FetchOrder{}, Observation(Seen(OrderStatus::kValid)));
  EXPECT_EQ(order_.state, OrderState::kFinalizing);
  EXPECT_TRUE(step.due_in.has_value());
}

struct ErrorCase {
  Reason reason;
  bool waits;
  HeldBy held;
};

TEST_F(OrderMachineTest, TransientErrorsHoldTheOrderAndOthersEndIt) {
  const ErrorCase kCases[] = {
      {Reason::kCaUnavailable, true, HeldBy::kCaUnavailable},
      {Reason::kCaBadAnswer, true, HeldBy::kCaUnavailable},
      {Reason::kCaBadNonce, true, HeldBy::kCaUnavailable},
      {Reason::kOutcomeUnknown, true, HeldBy::kCaUnavailable},
      {Reason::kCaRateLimited, true, HeldBy::kCaLimit},
      {Reason::kHsmUnavailable, true, HeldBy::kHsm},
      {Reason::kHsmPinRefused, true, HeldBy::kHsm},
      {Reason::kHsmKeyMissing, true, HeldBy::kHsm},
      {Reason::kAccountNotReady, true, HeldBy::kAccount},
      {Reason::kCaRejectedIdentifier, false, HeldBy::kNothing},
      {Reason::kCaAccountUnusable, false, HeldBy::kNothing},
      {Reason::kCaCaaForbids, false, HeldBy::kNothing},
      {Reason::kCaRejected, false, HeldBy::kNothing},
  };
  const Order fresh = order_;
  for (const auto& c : kCases) {
    SCOPED_TRACE(TraitsOf(c.reason).name);
    order_ = fresh;
    const Step step = After(Next(), Error(c.reason, "because"));
    if (c.waits) {
      EXPECT_EQ(order_.state, OrderState::kQueued);
      EXPECT_EQ(order_.held_by, c.held);
      ASSERT_TRUE(step.due_in.has_value());
      EXPECT_GT(*step.due_in, milliseconds{0});
      EXPECT_THAT(order_.failure->detail(), HasSubstr("because"));
    } else {
      EXPECT_EQ(order_.state, OrderState::kFailed);
      EXPECT_EQ(order_.failure->reason(), c.reason);
    }
  }
}

// tL1: Let's Encrypt says of paused names no more than that they are.
TEST_F(OrderMachineTest, ALimitWithoutATimeIsAskedAboutRarely) {
  const Step step = After(Next(), Error(Reason::kCaRateLimited, "paused"));
  EXPECT_GE(*step.due_in, seconds{30});
  const Step later = [&] {
    Step last;
    for (int i = 0; i < 10; ++i) last = After(Next(), Error(Reason::kCaRateLimited, "paused"));
    return last;
  }();
  EXPECT_GE(*later.due_in, std::chrono::minutes{30});
}

// tH1.
TEST_F(OrderMachineTest, WhoIsSentAwayTogetherDoesNotComeBackTogether) {
  std::set<milliseconds> waits;
  const Order fresh = order_;
  for (int i = 0; i < 50; ++i) {
    order_ = fresh;
    const Step step = After(Next(), Error(Reason::kCaUnavailable, "busy").RetryAfter(seconds{100}));
    ASSERT_GE(*step.due_in, seconds{100});
    ASSERT_LE(*step.due_in, seconds{110});
    waits.insert(*step.due_in);
  }
  EXPECT_GT(waits.size(), 20U);
}

// tS3.
TEST_F(OrderMachineTest, AnInvalidChallengeIsNotWaitedForToEndItsAuthorization) {
  ReachValidating();
  AuthorizationSeen seen = Authz("a.example.com", AuthorizationStatus::kPending);
  seen.message.challenges[1].status = ChallengeStatus::kInvalid;
  seen.message.challenges[1].error =
      Problem{.type = "connection", .detail = "refused", .instance = {}, .subproblems = {}};

  After(Next(), Observation(seen));

  EXPECT_EQ(order_.state, OrderState::kFailed);
  EXPECT_EQ(order_.failure->reason(), Reason::kChallengeUnreachable);
  EXPECT_THAT(order_.failure->detail(), HasSubstr("refused"));
}

// tS7.
TEST_F(OrderMachineTest, AnAuthorizationThatExpiredIsNotWaitedFor) {
  ReachPresenting();
  order_.authorizations[1].expires = clock_.Now();
  EXPECT_TRUE(std::holds_alternative<Decide>(Next()));
  clock_.Advance(std::chrono::minutes{6});
  const Effect effect = Next();
  ASSERT_TRUE(std::holds_alternative<Decide>(effect));
  EXPECT_EQ(std::get<Decide>(effect).step.order.failure->reason(), Reason::kCaOrderExpired);
}

TEST_F(OrderMachineTest, RepeatedTroubleIsOneLineInTheHistory) {
  EXPECT_FALSE(After(Next(), Error(Reason::kCaUnavailable, "down")).event.empty());
  EXPECT_TRUE(After(Next(), Error(Reason::kCaUnavailable, "still down")).event.empty());
  EXPECT_FALSE(After(Next(), Error(Reason::kCaRateLimited, "slow down")).event.empty());
}

TEST_F(OrderMachineTest, WhatTheCaSaysAboutWhenIsObeyed) {
  const Step step =
      After(Next(), Error(Reason::kCaRateLimited, "slow down").RetryAfter(seconds{7'200}));
  EXPECT_GE(step.due_in, seconds{7'200});
  EXPECT_FALSE(step.wakeable);
}

// tS4: a holder before us may have started the challenge and died.
TEST_F(OrderMachineTest, AChallengeThatWasStartedBeforeIsNoError) {
  ReachPresenting();
  AgentServesEverything();
  After(Next(), Error(Reason::kCaRejected, "challenge is not pending"));
  EXPECT_EQ(order_.state, OrderState::kValidating);
}

TEST_F(OrderMachineTest, AnExpiredOrderIsNotFinalized) {
  OrderSeen seen = Seen(OrderStatus::kPending);
  seen.message.expires = clock_.Now() + seconds{60};
  After(Next(), Observation(seen));
  clock_.Advance(seconds{60 + 301});
  const Effect effect = Next();
  ASSERT_TRUE(std::holds_alternative<Decide>(effect));
  EXPECT_EQ(std::get<Decide>(effect).step.order.failure->reason(), Reason::kCaOrderExpired);
}

TEST_F(OrderMachineTest, AnExpiredOrderThatMayHaveBeenFinalizedIsStillAskedFor) {
  ReachReady();
  BeginFinalize();
  order_.expires = clock_.Now();
  clock_.Advance(seconds{3'600});
  EXPECT_TRUE(std::holds_alternative<FetchOrder>(Next()));
}

// tS6.
TEST_F(OrderMachineTest, WhatAReplicaDoesNotKnowYetIsAskedForAgain) {
  After(Next(), Observation(Seen(OrderStatus::kPending)));
  Step step = After(Next(), Error(Reason::kCaRejected, "no such authorization"));
  EXPECT_EQ(order_.state, OrderState::kPlaced);
  EXPECT_TRUE(step.due_in.has_value());
  clock_.Advance(seconds{11});
  After(Next(), Error(Reason::kCaRejected, "no such authorization"));
  EXPECT_EQ(order_.state, OrderState::kFailed);
}

TEST_F(OrderMachineTest, ACertificateThatIsNotThereYetIsNotGivenUp) {
  ReachReady();
  OrderSeen valid = Seen(OrderStatus::kValid);
  valid.message.certificate = Url("/cert/1");
  After(BeginFinalize(), Observation(valid));
  ASSERT_EQ(order_.state, OrderState::kDownloading);
  for (int i = 0; i < 10; ++i) {
    Step step = After(Next(), Error(Reason::kCaRejected, "no such certificate"));
    ASSERT_EQ(order_.state, OrderState::kDownloading);
    ASSERT_TRUE(step.due_in.has_value());
    clock_.Advance(*step.due_in);
  }
  After(Next(), Observation(CertificateAccepted{}));
  EXPECT_EQ(order_.state, OrderState::kIssued);
}

}  // namespace
}  // namespace certbroker::acme
