// Property: whatever CAs, agents and solvers do, the rules of the order machine hold.
#include <set>

#include "tests/acme/order_machine_fixture.h"

namespace certbroker::acme {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

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
        a.presentation = Pick(10) == 0  ? Presentation::kFailed
                         : Pick(3) == 0 ? Presentation::kSpreading
                                        : Presentation::kServing;
      } else if (a.presentation == Presentation::kSpreading && Pick(2) == 0) {
        a.presentation = Pick(10) == 0 ? Presentation::kFailed : Presentation::kServing;
      }
    }
  }

  void CheckStep(const Step& step, OrderState before) {
    ASSERT_TRUE(MayFollow(before, step.order.state))
        << ToString(before) << " to " << ToString(step.order.state);
    if (step.due_in) {
      // At once only where an order goes to another CA.
      ASSERT_GE(*step.due_in, milliseconds{step.order.account == order_.account ? 1 : 0});
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
      const int attempt_before = order_.attempt;
      const bool csr_was_out = csr_may_be_out;
      Step step;
      if (const auto* decided = std::get_if<Decide>(&effect)) {
        step = decided->step;
        ASSERT_TRUE(step.due_in || IsTerminal(step.order.state) ||
                    step.order.attempt > order_.attempt)
            << "deciding for ever";
      } else {
        if (std::holds_alternative<Finalize>(effect)) {
          ASSERT_FALSE(csr_may_be_out && !finalize_again) << "finalized again without asking";
          csr_may_be_out = true;
          if (order_.state != OrderState::kFinalizing) order_ = Finalizing(order_);
        }
        step = Apply(order_, effect, AnyOutcome(effect), Context());
      }
      CheckStep(step, before);
      ASSERT_FALSE(csr_was_out && step.order.attempt != attempt_before)
          << "began again although a certificate may exist (I4)";
      if (HasFatalFailure()) return;
      finalize_again = step.finalize_again;
      if (step.order.state != before || step.order.attempt != attempt_before)
        step.order.state_time = clock_.Now();
      order_ = step.order;
      steps_at_once = step.due_in > milliseconds{0} ? 0 : steps_at_once + 1;
      ASSERT_LT(steps_at_once, 30)
          << "hammering the CA without a pause in " << ToString(order_.state);
      if (step.due_in) clock_.Advance(*step.due_in);
      AgentDoesSomething();
    }
  }
};

TEST_F(RandomWalk, EveryPathEndsAndNoRuleIsBroken) {
  solvers_ = {{ChallengeType::kHttp01, ChallengeType::kDns01},
              {{.name = "corp-dns", .type = ChallengeType::kDns01, .zones = {}}}};
  order_.issuer = IssuerId("one");
  order_.account = AccountName("issuers/one/accounts/main");
  const Order fresh = order_;
  std::set<OrderState> ends;
  int attempts = 0;
  int moved = 0;
  for (int walk = 0; walk < 3'000; ++walk) {
    order_ = fresh;
    order_.state_time = clock_.Now();
    if (Pick(2) == 0) order_.fallbacks = {AccountName("issuers/two/accounts/main")};
    if (Pick(4) == 0) order_.replaces = "aki.serial";
    ASSERT_NO_FATAL_FAILURE(WalkToTheEnd());
    ends.insert(order_.state);
    attempts = std::max(attempts, order_.attempt);
    moved += order_.issuer == IssuerId("two") ? 1 : 0;
  }
  EXPECT_EQ(ends, (std::set<OrderState>{OrderState::kIssued, OrderState::kFailed}));
  EXPECT_GT(attempts, 1) << "the walks were too tame";
  EXPECT_GT(moved, 100);
}

}  // namespace
}  // namespace certbroker::acme
