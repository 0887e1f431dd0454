#include "acme/order_machine.h"

#include <set>

#include "acme/key_authorization.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_random.h"
#include "tests/support/result_matchers.h"

namespace certbroker::acme {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

HttpsUrl Url(const std::string& path) { return *HttpsUrl::Parse("https://ca.example" + path); }

Jwk TestKey() { return EcP256Jwk(Bytes(32, 1), Bytes(32, 2)); }

class OrderMachineTest : public ::testing::Test {
 protected:
  OrderMachineTest() {
    order_.agent_challenges = {ChallengeType::kHttp01};
    order_.names = {*Identifier::Parse("a.example.com"), *Identifier::Parse("b.example.com")};
    order_.state_time = clock_.Now();
    order_.create_time = clock_.Now();
  }

  MachineContext Context() {
    return {.now = clock_.Now(), .account_key = key_, .random = random_, .solvers = solvers_};
  }

  Effect Next() { return certbroker::acme::Next(order_, Context()); }

  // Carries out `effect` with this outcome and takes the step.
  Step After(const Effect& effect, const Result<Observation>& outcome) {
    Step step = Apply(order_, effect, outcome, Context());
    if (step.order.state != order_.state) step.order.state_time = clock_.Now();
    order_ = step.order;
    return step;
  }

  static OrderSeen Seen(OrderStatus status, const std::vector<std::string>& names = {
                                                "a.example.com", "b.example.com"}) {
    OrderSeen seen;
    seen.message.status = status;
    for (const auto& name : names) seen.message.identifiers.push_back({"dns", name});
    seen.message.authorizations = {Url("/authz/1"), Url("/authz/2")};
    seen.message.finalize = Url("/finalize/1");
    seen.location = Url("/order/1");
    return seen;
  }

  static AuthorizationSeen Authz(const std::string& name, AuthorizationStatus status) {
    AuthorizationSeen seen;
    seen.message.identifier = {"dns", name};
    seen.message.status = status;
    seen.message.challenges = {
        {"dns-01", Url("/chall/dns/" + name), ChallengeStatus::kPending, "token-d", std::nullopt},
        {"http-01", Url("/chall/http/" + name), ChallengeStatus::kPending,
         "token-" + name.substr(0, 1), std::nullopt}};
    return seen;
  }

  void AgentServesEverything() {
    for (Authorization& a : order_.authorizations) {
      if (a.presentation == Presentation::kWanted) a.presentation = Presentation::kServing;
    }
  }

  void ReachPresenting() {
    After(Next(), Observation(Seen(OrderStatus::kPending)));
    After(Next(), Observation(Authz("a.example.com", AuthorizationStatus::kPending)));
    After(Next(), Observation(Authz("b.example.com", AuthorizationStatus::kPending)));
    ASSERT_EQ(order_.state, OrderState::kPresenting);
  }

  void ReachValidating() {
    ReachPresenting();
    AgentServesEverything();
    After(Next(), Observation(ChallengeAccepted{}));
    After(Next(), Observation(ChallengeAccepted{}));
    ASSERT_EQ(order_.state, OrderState::kValidating);
  }

  void ReachReady() {
    ReachValidating();
    After(Next(), Observation(Authz("a.example.com", AuthorizationStatus::kValid)));
    After(Next(), Observation(Authz("b.example.com", AuthorizationStatus::kValid)));
    ASSERT_EQ(order_.state, OrderState::kReady);
  }

  // As the engine does it: on record before it is sent.
  Effect BeginFinalize() {
    Effect effect = Next();
    EXPECT_TRUE(std::holds_alternative<Finalize>(effect));
    order_ = Finalizing(order_);
    return effect;
  }

  FakeClock clock_;
  FakeRandom random_;
  const Jwk key_ = TestKey();
  SolverPlan solvers_;
  Order order_;
};

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

TEST_F(OrderMachineTest, RepeatedTroubleIsOneLineInTheHistory) {
  EXPECT_FALSE(After(Next(), Error(Reason::kCaUnavailable, "down")).event.empty());
  EXPECT_TRUE(After(Next(), Error(Reason::kCaUnavailable, "still down")).event.empty());
  EXPECT_FALSE(After(Next(), Error(Reason::kCaRateLimited, "slow down")).event.empty());
}

TEST_F(OrderMachineTest, WhatTheCaSaysAboutWhenIsObeyed) {
  const Step step =
      After(Next(), Error(Reason::kCaRateLimited, "slow down").RetryAfter(seconds{7'200}));
  EXPECT_EQ(step.due_in, seconds{7'200});
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

// ---- Property: whatever a CA and an agent do, the rules hold.

class RandomWalk : public OrderMachineTest {
 protected:
  std::uint64_t Pick(std::uint64_t n) { return random_.Below(n); }

  Result<Observation> AnyOutcome(const Effect& effect) {
    if (Pick(5) == 0) return Error(AllReasons()[Pick(AllReasons().size())].reason, "random");
    const auto status = static_cast<OrderStatus>(Pick(6));
    if (std::holds_alternative<AskToValidate>(effect)) return Observation(ChallengeAccepted{});
    if (std::holds_alternative<FetchCertificate>(effect)) return Observation(CertificateAccepted{});
    if (std::holds_alternative<FetchAuthorization>(effect)) {
      static constexpr const char* kNames[] = {"a.example.com", "b.example.com", "B.EXAMPLE.com",
                                               "c.example.com", "*"};
      // Mostly the right one, or no walk would get far.
      const std::size_t right = std::get<FetchAuthorization>(effect).index;
      AuthorizationSeen seen =
          Authz(kNames[Pick(4) == 0 ? Pick(5) : right],
                static_cast<AuthorizationStatus>(Pick(3) == 0 ? Pick(7) : 1 + Pick(2)));
      if (Pick(20) == 0) seen.message.challenges.clear();
      if (Pick(3) == 0) seen.retry_after = seconds{1 + Pick(100)};
      return Observation(seen);
    }
    OrderSeen seen =
        Seen(std::holds_alternative<PlaceOrder>(effect) && Pick(3) != 0 ? OrderStatus::kPending
                                                                        : status);
    if (Pick(30) == 0) seen.location.reset();
    if (Pick(2) == 0) seen.message.certificate = Url("/cert/1");
    if (Pick(10) == 0) seen.message.expires = clock_.Now() + seconds{Pick(1'000)};
    if (Pick(3) == 0) seen.retry_after = seconds{1 + Pick(100)};
    return Observation(seen);
  }

  void AgentDoesSomething() {
    for (Authorization& a : order_.authorizations) {
      if (a.presentation == Presentation::kWanted && Pick(2) == 0) {
        a.presentation = Pick(10) == 0 ? Presentation::kFailed : Presentation::kServing;
      }
    }
  }

  void CheckStep(const Step& step, OrderState before) {
    ASSERT_TRUE(MayFollow(before, step.order.state))
        << ToString(before) << " to " << ToString(step.order.state);
    if (step.due_in) {
      ASSERT_GT(*step.due_in, milliseconds{0});
      ASSERT_LE(*step.due_in, std::chrono::hours{24});
    }
    if (step.order.state == OrderState::kFailed) {
      ASSERT_TRUE(step.order.failure.has_value());
      ASSERT_FALSE(step.order.failure->detail().empty());
    }
    if (!IsTerminal(step.order.state)) return;
    for (const Authorization& a : step.order.authorizations) {
      ASSERT_TRUE(a.presentation == Presentation::kNone ||
                  a.presentation == Presentation::kUnwanted)
          << "I13";
    }
  }

  void WalkToTheEnd() {
    bool finalize_again = false;
    bool csr_may_be_out = false;
    int steps = 0;
    int steps_at_once = 0;
    for (; !IsTerminal(order_.state); ++steps) {
      ASSERT_LT(steps, 20'000) << "a walk that does not end, in " << ToString(order_.state);
      const Effect effect = finalize_again ? Effect(Finalize{}) : Next();
      const OrderState before = order_.state;
      Step step;
      if (const auto* decided = std::get_if<Decide>(&effect)) {
        step = decided->step;
        ASSERT_TRUE(step.due_in || IsTerminal(step.order.state)) << "deciding for ever";
      } else {
        if (std::holds_alternative<Finalize>(effect)) {
          ASSERT_FALSE(csr_may_be_out && !finalize_again) << "finalized again without asking";
          csr_may_be_out = true;
          if (order_.state != OrderState::kFinalizing) order_ = Finalizing(order_);
        }
        step = Apply(order_, effect, AnyOutcome(effect), Context());
      }
      CheckStep(step, before);
      if (HasFatalFailure()) return;
      finalize_again = step.finalize_again;
      if (step.order.state != order_.state) step.order.state_time = clock_.Now();
      order_ = step.order;
      steps_at_once = step.due_in ? 0 : steps_at_once + 1;
      ASSERT_LT(steps_at_once, 30)
          << "hammering the CA without a pause in " << ToString(order_.state);
      if (step.due_in) clock_.Advance(*step.due_in);
      AgentDoesSomething();
    }
  }
};

TEST_F(RandomWalk, EveryPathEndsAndNoRuleIsBroken) {
  const Order fresh = order_;
  std::set<OrderState> ends;
  for (int walk = 0; walk < 3'000; ++walk) {
    order_ = fresh;
    order_.state_time = clock_.Now();
    ASSERT_NO_FATAL_FAILURE(WalkToTheEnd());
    ends.insert(order_.state);
  }
  EXPECT_EQ(ends, (std::set<OrderState>{OrderState::kIssued, OrderState::kFailed}));
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

// ---- Other challenges than the agent's http-01.

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
  EXPECT_EQ(order_.authorizations[1].challenge_type, ChallengeType::kHttp01) << "it had not failed";

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

TEST_F(OrderMachineTest, AnAgentThatStaysAwayGivesWayToASolver) {
  solvers_ = WithDns();
  ReachPresenting();
  clock_.Advance(std::chrono::minutes{11});
  const Effect late = Next();
  ASSERT_TRUE(std::holds_alternative<Decide>(late));
  order_ = std::get<Decide>(late).step.order;
  EXPECT_EQ(order_.state, OrderState::kQueued);
  EXPECT_EQ(order_.attempt, 1);
  ASSERT_EQ(order_.failed_challenges.size(), 1U);
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

}  // namespace
}  // namespace certbroker::acme
