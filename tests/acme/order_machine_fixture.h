// tests/acme/order_machine_fixture.h: an order of two names, and the steps that bring it somewhere.
#pragma once

#include <string>
#include <vector>

#include "acme/order_machine.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_random.h"
#include "tests/support/result_matchers.h"

namespace certbroker::acme {

inline HttpsUrl Url(const std::string& path) {
  return *HttpsUrl::Parse("https://ca.example" + path);
}

inline Jwk TestKey() { return EcP256Jwk(Bytes(32, 1), Bytes(32, 2)); }

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
    if (step.order.state != order_.state || step.order.attempt != order_.attempt)
      step.order.state_time = clock_.Now();
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

}  // namespace certbroker::acme
